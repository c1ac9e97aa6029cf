/* SPDX-License-Identifier: MIT */
#include "cloud/http/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/http/assets.h"
#include "cloud/http/reply.h"
#include "cloud/store/playlist.h"
#include "cloud/store/poster.h"
#include "cloud/store/store.h"

/* Text of any length, and then the reply that is made of it. */
struct page {
	FILE *out;
	char *text;
	size_t size;
};

static bool begin(struct page *page)
{
	*page = (struct page){ 0 };
	page->out = open_memstream(&page->text, &page->size);
	return page->out != NULL;
}

static struct reply *finish(struct page *page, int status, const char *type)
{
	const bool html = strncmp(type, "text/html", 9) == 0;
	const struct reply_params params = {
		.status = status,
		.type = type,
		.cache = "no-store",
		.extra = html ? ASSETS_PAGE_HEADERS : NULL,
	};
	struct reply *r = NULL;

	/* A write that failed for want of memory shows here at the latest. */
	if (fclose(page->out) == 0)
		r = reply_new_body(&params, page->text, page->size);
	free(page->text);
	return r;
}

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
	struct page page;

	if (!begin(&page))
		return NULL;
	print_state(page.out, name, c, now_us, wall_us);
	fputc('\n', page.out);
	return finish(&page, 200, "application/json");
}

struct reply *report_states(const struct store *store, int64_t now_us,
			    int64_t wall_us)
{
	const char *between = "\n";
	const struct camera *c;
	struct page page;

	if (!begin(&page))
		return NULL;
	fputc('[', page.out);
	for (unsigned int i = 0; (c = store_camera(store, i)); i++) {
		fputs(between, page.out);
		print_state(page.out, camera_name(c), c, now_us, wall_us);
		between = ",\n";
	}
	fputs("]\n", page.out);
	return finish(&page, 200, "application/json");
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

static const char page_head[] =
	"<!doctype html>\n"
	"<html lang=\"en\">\n"
	"<head>\n"
	"<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, "
	"initial-scale=1, viewport-fit=cover\">\n"
	"<meta name=\"color-scheme\" content=\"dark light\">\n"
	"<title>%s \xe2\x80\x93 Oriel</title>\n"
	"<link rel=\"icon\" href=\"data:,\">\n"
	"<link rel=\"stylesheet\" href=\"%sassets/home.css\">\n";

/* For people: nothing of what was asked for is in it. */
struct reply *report_refused(const char *sentence)
{
	struct page page;

	if (!begin(&page))
		return NULL;
	fprintf(page.out, page_head, "No access", "/");
	fprintf(page.out,
		"</head>\n<body>\n<main>\n<h1>No access</h1>\n"
		"<p id=\"note\">%s Whoever runs the camera can give you a link."
		"</p>\n</main>\n</body>\n</html>\n",
		sentence);
	return finish(&page, 403, "text/html; charset=utf-8");
}

/* Without a script it is a list; home.js makes more of it. */

static void print_home_list(FILE *out, const struct store *store,
			    const struct report_link *link, int64_t now_us)
{
	const struct camera *c;

	for (unsigned int i = 0; (c = store_camera(store, i)); i++)
		fprintf(out,
			"<li data-camera=\"%s\"><a href=\"%s%s/%s%.*s%s\">%s"
			"</a> <span>%s</span></li>\n",
			camera_name(c), link->token ? "../" : "",
			camera_name(c), link->token ? "~" : "", (int)link->size,
			link->token ? link->token : "", link->token ? "/" : "",
			camera_name(c),
			report_state_name(camera_state(c, now_us)));
}

struct reply *report_home(const struct store *store, bool list,
			  const struct report_link *link, int64_t now_us)
{
	const char *up = link->token ? "../" : "";
	struct page page;

	if (!begin(&page))
		return NULL;
	fprintf(page.out, page_head, "Cameras", up);
	fprintf(page.out,
		"<script type=\"module\" src=\"%sassets/home.js\">"
		"</script>\n</head>\n"
		"<body data-list=\"%s\">\n<main>\n<h1>Cameras</h1>\n"
		"<ul id=\"cameras\">\n",
		up,
		link->token ? "link"
		: list	    ? "open"
			    : "closed");
	if (list)
		print_home_list(page.out, store, link, now_us);
	fputs("</ul>\n", page.out);
	if (!list)
		fputs("<p id=\"note\">A camera is watched through its viewing "
		      "link: <code>oriel-relay link CAMERA</code> makes one."
		      "</p>\n",
		      page.out);
	else
		fprintf(page.out,
			"<p id=\"note\"%s>No camera has connected yet.</p>\n",
			store_camera(store, 0) ? " hidden" : "");
	fputs("</main>\n</body>\n</html>\n", page.out);
	return finish(&page, 200, "text/html; charset=utf-8");
}
