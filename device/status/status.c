/* SPDX-License-Identifier: MIT */
#include "device/status/status.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOG_MODULE "status"
#include "common/log.h"

/* A rate from fewer seconds than that jumps about. */
#define FPS_US 1900000

struct status {
	pthread_mutex_t lock;
	struct status_view view;
	char notes[STATUS_TOPICS][WIRE_MAX_TEXT + 1];
	enum wire_mode mode; /* but for the budget */
	bool spent;
	uint64_t fps_frames; /* at fps_us */
	int64_t fps_us;	     /* 0: not begun */
};

int status_open(struct status **out, const struct status_params *params)
{
	struct status *s = calloc(1, sizeof(*s));
	struct status_view *v;

	*out = s;
	if (!s)
		return -ENOMEM;
	pthread_mutex_init(&s->lock, NULL);
	v = &s->view;
	snprintf(v->camera, sizeof(v->camera), "%s", params->camera);
	snprintf(v->relay, sizeof(v->relay), "%s",
		 params->relay ? params->relay : "");
	snprintf(v->origin, sizeof(v->origin), "%s",
		 params->origin ? params->origin : "");
	v->pid = getpid();
	v->mode = s->mode = WIRE_LIVE;
	v->started_us = v->mode_us = v->connected_us = params->wall_us;
	return 0;
}

void status_close(struct status **status)
{
	struct status *s = *status;

	*status = NULL;
	if (!s)
		return;
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static struct status_view *lock(struct status *s)
{
	pthread_mutex_lock(&s->lock);
	return &s->view;
}

static void unlock(struct status *s)
{
	pthread_mutex_unlock(&s->lock);
}

/* --- what others know ------------------------------------------------------
 */

/* Bytes of a character that was cut in the middle are taken off (RFC 3629). */
static void cut_character(char *text)
{
	size_t n = strlen(text), tail = 0;

	while (tail < 3 && tail < n && (text[n - 1 - tail] & 0xc0) == 0x80)
		tail++;
	if (tail < n && (text[n - 1 - tail] & 0xc0) == 0xc0)
		text[n - 1 - tail] = '\0';
}

static void keep_note(char note[static WIRE_MAX_TEXT + 1], const char *text)
{
	size_t n = strnlen(text, WIRE_MAX_TEXT + 1);

	memcpy(note, text, n > WIRE_MAX_TEXT ? WIRE_MAX_TEXT : n);
	note[n > WIRE_MAX_TEXT ? WIRE_MAX_TEXT : n] = '\0';
	if (n > WIRE_MAX_TEXT)
		cut_character(note);
}

void status_note(struct status *s, enum status_topic topic, const char *text)
{
	if (!s)
		return;
	lock(s);
	keep_note(s->notes[topic], text ? text : "");
	unlock(s);
}

void status_origin(struct status *s, const char *trouble)
{
	if (!s)
		return;
	keep_note(lock(s)->origin_note, trouble ? trouble : "");
	unlock(s);
}

void status_source(struct status *s, const char *source, const char *encoder,
		   int width, int height)
{
	struct status_view *v;

	if (!s)
		return;
	v = lock(s);
	snprintf(v->source, sizeof(v->source), "%s", source);
	snprintf(v->encoder, sizeof(v->encoder), "%s", encoder ? encoder : "");
	v->width = width;
	v->height = height;
	unlock(s);
}

void status_frame(struct status *s)
{
	if (!s)
		return;
	lock(s)->frames++;
	unlock(s);
}

void status_bitrate(struct status *s, uint32_t bitrate)
{
	if (!s)
		return;
	lock(s)->bitrate = bitrate;
	unlock(s);
}

static const char *mode_sentence(enum wire_mode mode)
{
	switch (mode) {
	case WIRE_QUIET:
		return "nobody watches: no picture is sent until somebody does";
	case WIRE_ASLEEP:
		return "nobody watches for long: asleep, asking now and then";
	case WIRE_POSTERS:
		return "the data budget is used up: only posters are sent";
	default:
		return "live";
	}
}

/* What is sent in fact. Returns whether that is new. */
static bool settle_mode(struct status *s, int64_t wall_us)
{
	struct status_view *v = &s->view;
	enum wire_mode mode =
		s->spent && s->mode != WIRE_ASLEEP ? WIRE_POSTERS : s->mode;

	if (v->mode == mode)
		return false;
	v->mode = mode;
	v->mode_us = wall_us;
	return true;
}

void status_mode(struct status *s, enum wire_mode mode, uint16_t checkin_s,
		 int64_t wall_us)
{
	bool changed;

	if (!s)
		return;
	lock(s)->checkin_s = checkin_s;
	s->mode = mode;
	changed = settle_mode(s, wall_us);
	mode = s->view.mode;
	unlock(s);
	if (changed)
		log_info("%s", mode_sentence(mode));
}

void status_spent(struct status *s, bool spent, int64_t wall_us)
{
	enum wire_mode mode;
	bool changed;

	if (!s)
		return;
	lock(s);
	s->spent = spent;
	changed = settle_mode(s, wall_us);
	mode = s->view.mode;
	unlock(s);
	if (changed)
		log_info("%s", mode_sentence(mode));
}

void status_connected(struct status *s, bool connected, int64_t wall_us)
{
	struct status_view *v;

	if (!s)
		return;
	v = lock(s);
	if (v->connected != connected)
		v->connected_us = wall_us;
	v->connected = connected;
	unlock(s);
}

void status_behind(struct status *s, uint32_t behind_ms)
{
	if (!s)
		return;
	lock(s)->behind_ms = behind_ms;
	unlock(s);
}

void status_skipped(struct status *s, uint32_t skipped_ms)
{
	if (!s)
		return;
	lock(s)->skipped_ms = skipped_ms;
	unlock(s);
}

void status_traffic(struct status *s, const struct status_traffic *traffic)
{
	if (!s)
		return;
	lock(s)->traffic = *traffic;
	unlock(s);
}

void status_budget(struct status *s, const struct status_budget *budget)
{
	if (!s)
		return;
	lock(s)->budget = *budget;
	unlock(s);
}

/* --- what is said on ------------------------------------------------------
 */

void status_count_fps(struct status *s, int64_t now_us)
{
	struct status_view *v;

	if (!s)
		return;
	v = lock(s);
	if (s->fps_us && now_us - s->fps_us >= FPS_US)
		v->fps_milli =
			(uint32_t)((v->frames - s->fps_frames) * 1000000000 /
				   (uint64_t)(now_us - s->fps_us));
	if (!s->fps_us || now_us - s->fps_us >= FPS_US) {
		s->fps_us = now_us;
		s->fps_frames = v->frames;
	}
	unlock(s);
}

void status_read(struct status *s, struct status_view *out)
{
	if (!s) {
		*out = (struct status_view){ .mode = WIRE_LIVE };
		return;
	}
	lock(s);
	*out = s->view;
	for (int i = STATUS_TOPICS - 1; i >= 0; i--)
		if (s->notes[i][0])
			memcpy(out->note, s->notes[i], sizeof(out->note));
	unlock(s);
}

const char *status_mode_name(enum wire_mode mode)
{
	switch (mode) {
	case WIRE_QUIET:
		return "quiet";
	case WIRE_ASLEEP:
		return "asleep";
	case WIRE_POSTERS:
		return "posters";
	default:
		return "live";
	}
}
