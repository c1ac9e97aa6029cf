/* SPDX-License-Identifier: MIT */
#include "cloud/http/report.h"

#include <inttypes.h>
#include <stdio.h>

#include "cloud/http/reply.h"
#include "cloud/http/report_text.h"
#include "cloud/store/playlist.h"
#include "cloud/store/poster.h"
#include "cloud/store/store.h"

const char *report_state_name(enum camera_state state)
{
	static const char *const names[] = {
		[CAMERA_WAITING] = "waiting", [CAMERA_LIVE] = "live",
		[CAMERA_GONE] = "gone",	      [CAMERA_STALLED] = "stalled",
		[CAMERA_OFFLINE] = "offline", [CAMERA_ENDED] = "ended",
		[CAMERA_ASLEEP] = "asleep",   [CAMERA_WAKING] = "waking",
	};

	return names[state];
}

static const char *mode_name(uint16_t mode)
{
	static const char *const names[] = {
		[WIRE_LIVE] = "live",
		[WIRE_QUIET] = "quiet",
		[WIRE_ASLEEP] = "asleep",
		[WIRE_POSTERS] = "posters",
	};

	return mode <= WIRE_POSTERS && names[mode] ? names[mode] : "other";
}

/* What the device says of itself; a note is fit for JSON. */
static void print_device(FILE *out, const struct camera *c, int64_t now_us)
{
	const struct wire_status *s = camera_status(c);
	int64_t told_us;
	const char *note = camera_note(c, &told_us);

	fprintf(out,
		"\"device\":{\"mode\":\"%s\",\"age_ms\":%" PRId64
		",\"behind_ms\":%u,\"bitrate\":%u,\"skipped_ms\":%u,"
		"\"checkin_s\":%u,\"note\":\"%s\"},",
		mode_name(s->mode), (now_us - told_us) / 1000, s->behind_ms,
		s->bitrate, s->skipped_ms, s->checkin_s, note);
}

/* Camera names need no escaping, in JSON or in HTML. */
static void print_state(FILE *out, const char *name, const struct camera *c,
			int64_t now_us, int64_t wall_us)
{
	enum camera_state state = c ? camera_state(c, now_us) : CAMERA_WAITING;
	const struct playlist *p = c ? camera_playlist(c) : NULL;

	fprintf(out, "{\"camera\":\"%s\",\"state\":\"%s\",", name,
		report_state_name(state));
	fprintf(out, "\"viewers\":%u,", c ? camera_viewers(c, now_us) : 0);
	if (p) {
		const struct wire_playlist *meta = playlist_meta(p);

		fprintf(out,
			"\"age_ms\":%" PRId64 ",\"msn\":%u,\"part\":%u,"
			"\"target_ms\":%u,\"part_target_ms\":%u,",
			(now_us - camera_playlist_us(c)) / 1000, meta->last.msn,
			meta->last.part, meta->target_ms, meta->part_target_ms);
	}
	if (c && camera_poster(c))
		fprintf(out, "\"poster_ms\":%" PRId64 ",",
			poster_taken_us(camera_poster(c)) / 1000);
	if (c && camera_status(c)->mode)
		print_device(out, c, now_us);
	fprintf(out, "\"now_ms\":%" PRId64 "}", wall_us / 1000);
}

struct reply *report_state(const char *name, const struct camera *c,
			   int64_t now_us, int64_t wall_us)
{
	struct report_text page;

	if (!report_begin(&page))
		return NULL;
	print_state(page.out, name, c, now_us, wall_us);
	fputc('\n', page.out);
	return report_finish(&page, 200, "application/json");
}

struct reply *report_states(const struct store *store, int64_t now_us,
			    int64_t wall_us)
{
	const char *between = "\n";
	const struct camera *c;
	struct report_text page;

	if (!report_begin(&page))
		return NULL;
	fputc('[', page.out);
	for (unsigned int i = 0; (c = store_camera(store, i)); i++) {
		fputs(between, page.out);
		print_state(page.out, camera_name(c), c, now_us, wall_us);
		between = ",\n";
	}
	fputs("]\n", page.out);
	return report_finish(&page, 200, "application/json");
}

struct reply *report_demand(unsigned int viewers, uint32_t retry_s,
			    int64_t wall_us)
{
	char text[96];
	int n = snprintf(text, sizeof(text),
			 "{\"viewers\":%u,\"now_ms\":%" PRId64
			 ",\"retry_s\":%" PRIu32 "}\n",
			 viewers, wall_us / 1000, retry_s);

	return reply_new_body(
		&(struct reply_params){ .status = 200,
					.type = "application/json",
					.cache = "no-store" },
		text, (size_t)n);
}
