/* SPDX-License-Identifier: MIT */
/*
 * presence: whether a camera's device is there, and what it says of itself:
 * it sends, it rests because nobody watches, or it sleeps and asks now and
 * then. Pure; time is an argument.
 */
#ifndef CLOUD_STORE_PRESENCE_H
#define CLOUD_STORE_PRESENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cloud/store/note.h"
#include "common/wire.h"

/* Starts zeroed. */
struct presence {
	unsigned int connections;
	int64_t gone_us; /* since when, without any */
	struct wire_status status;
	int64_t waking_until_us;
	char note[NOTE_SIZE]; /* the sentence with the status */
	int64_t note_us;
};

/* See camera.h for all of these. */
void presence_connect(struct presence *p);
void presence_disconnect(struct presence *p, int64_t now_us);
void presence_put_status(struct presence *p, const struct wire_status *status,
			 int64_t now_us);
void presence_put_note(struct presence *p, const char *note, size_t n,
		       int64_t now_us);
void presence_check_in(struct presence *p, unsigned int interval_s,
		       int64_t now_us);
int64_t presence_check_in_us(const struct presence *p, int64_t now_us);

/* It has sent media: whatever it said, it is awake. */
void presence_media(struct presence *p);

/* Whether it sends nothing because nobody watches, or did until just now. */
bool presence_is_asleep(const struct presence *p, int64_t now_us);

#endif
