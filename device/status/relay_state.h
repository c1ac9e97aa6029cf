/* SPDX-License-Identifier: MIT */
/*
 * relay_state: what a relay knows of a camera: its state.json (docs/http.md),
 * read, and said in words. Pure.
 */
#ifndef DEVICE_STATUS_RELAY_STATE_H
#define DEVICE_STATUS_RELAY_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/wire.h"

struct relay_state {
	char camera[40];
	char state[16]; /* "live", "asleep", ... */
	int64_t viewers;
	int64_t age_ms;	   /* of the newest playlist; -1: there is none */
	int64_t poster_ms; /* Unix time; 0: there is none */
	int64_t now_ms;	   /* the relay's Unix time */
	char mode[16];	   /* as the device said; "": nothing */
	int64_t said_ms;   /* how long ago that was */
	int64_t behind_ms, bitrate, skipped_ms, checkin_s;
	char note[WIRE_MAX_TEXT + 1]; /* without control characters */
};

/* -EPROTO: it is none of an oriel-relay. */
int relay_state_parse(struct relay_state *out, const char *text);

/* Whether a camera runs, as far as the relay can know. */
bool relay_state_is_up(const struct relay_state *s);

/* Several lines, as status_words_print(). */
void relay_state_print(FILE *out, const struct relay_state *s);

#endif
