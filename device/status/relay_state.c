/* SPDX-License-Identifier: MIT */
#include "device/status/relay_state.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "device/status/json_read.h"

struct member {
	const char *path;
	size_t at;
	size_t text; /* size of the array; 0: a number */
};

#define NUMBER(path, member) { path, offsetof(struct relay_state, member), 0 }
#define TEXT(path, member)                                                     \
	{ path, offsetof(struct relay_state, member),                          \
	  sizeof(((struct relay_state *)NULL)->member) }

static const struct member members[] = {
	TEXT("camera", camera),
	TEXT("state", state),
	NUMBER("viewers", viewers),
	NUMBER("age_ms", age_ms),
	NUMBER("poster_ms", poster_ms),
	NUMBER("now_ms", now_ms),
	TEXT("device.mode", mode),
	NUMBER("device.age_ms", said_ms),
	NUMBER("device.behind_ms", behind_ms),
	NUMBER("device.bitrate", bitrate),
	NUMBER("device.skipped_ms", skipped_ms),
	NUMBER("device.checkin_s", checkin_s),
	TEXT("device.note", note),
};

/* What is on its way into a terminal has no say there. */
static void calm(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = ' ';
}

/* What a later relay tells besides is passed over. */
static bool take(void *state, const char *path, enum json_kind kind,
		 const char *value)
{
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		const struct member *m = &members[i];
		char *out = (char *)state + m->at;

		if (strcmp(m->path, path))
			continue;
		if (kind != (m->text ? JSON_TEXT : JSON_INTEGER))
			return false;
		if (m->text) {
			snprintf(out, m->text, "%s", value);
			calm(out);
		} else {
			*(int64_t *)out = strtoll(value, NULL, 10);
		}
	}
	return true;
}

int relay_state_parse(struct relay_state *out, const char *text)
{
	*out = (struct relay_state){ .age_ms = -1 };
	if (json_read(text, take, out) < 0 || !out->state[0])
		return -EPROTO;
	return 0;
}

bool relay_state_is_up(const struct relay_state *s)
{
	return !strcmp(s->state, "live") || !strcmp(s->state, "stalled") ||
	       !strcmp(s->state, "asleep") || !strcmp(s->state, "waking");
}

/* --- in words ---------------------------------------------------------------
 */

static const char *state_words(const char *state)
{
	static const char *const words[][2] = {
		{ "live", "it is live" },
		{ "gone", "it has just gone" },
		{ "stalled", "it is connected, and nothing comes" },
		{ "offline", "it is away" },
		{ "asleep", "it is asleep or quiet, because nobody watches" },
		{ "waking", "it is being woken" },
		{ "waiting", "nothing came from it since the relay started" },
		{ "ended", "its stream has ended" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(words[i][0], state))
			return words[i][1];
	return state;
}

static const char *viewers_words(char out[static 48], int64_t viewers)
{
	if (viewers <= 0)
		return "nobody watches";
	snprintf(out, 48, "%" PRId64 " watch%s", viewers,
		 viewers == 1 ? "es" : "");
	return out;
}

static void print_device(FILE *out, const struct relay_state *s)
{
	fprintf(out, "Sending    %s", s->mode);
	if (s->bitrate > 0)
		fprintf(out, ", %" PRId64 " kbit/s", s->bitrate / 1000);
	if (s->checkin_s > 0)
		fprintf(out, ", asks every %" PRId64 " s", s->checkin_s);
	fprintf(out, ", as it said %" PRId64 " s ago\n", s->said_ms / 1000);
	if (!strcmp(s->mode, "live"))
		fprintf(out, "Behind     %.1f s\n",
			(double)s->behind_ms / 1000);
	if (s->skipped_ms > 0)
		fprintf(out, "Skipped    %.1f s, because the line was slow\n",
			(double)s->skipped_ms / 1000);
}

void relay_state_print(FILE *out, const struct relay_state *s)
{
	char viewers[48];

	fprintf(out, "Camera     %s: %s; %s\n", s->camera,
		state_words(s->state), viewers_words(viewers, s->viewers));
	if (s->age_ms >= 0)
		fprintf(out, "Newest     %.1f s ago\n",
			(double)s->age_ms / 1000);
	if (s->poster_ms > 0)
		fprintf(out, "Poster     %" PRId64 " s ago\n",
			(s->now_ms - s->poster_ms) / 1000);
	if (s->mode[0])
		print_device(out, s);
	if (s->note[0])
		fprintf(out, "Note       %s\n", s->note);
}
