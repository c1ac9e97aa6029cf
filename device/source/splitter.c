/* SPDX-License-Identifier: MIT */
/*
 *   |<---------------- used ------------------>|
 *   | was given | open unit                |00 00|  room
 *               ^ unit                     ^ scan: the search goes on here
 */
#include "device/source/splitter.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "device/stream/h264.h"

#define CHUNK (64u << 10) /* the most in one piece: what a pipe holds */

/*
 * A unit's beginning is told by at most 6 bytes (zero_byte, start code, two
 * of the NAL unit): when it is, its first byte came in one of the last 6
 * pieces.
 */
#define PIECES 6

struct splitter {
	size_t max_unit;
	size_t used, unit, scan;
	bool started;	  /* a unit begins at `unit`; else what is there goes */
	bool has_picture; /* the open unit has a slice already */
	int64_t arrived_us; /* first byte of the open unit */
	struct {
		size_t at; /* where it begins in `bytes` */
		int64_t us;
	} pieces[PIECES]; /* the newest first */
	size_t capacity;
	uint8_t bytes[];
};

int splitter_open(struct splitter **out, size_t max_unit)
{
	size_t capacity = max_unit + 2 * PIECES + CHUNK;

	/* not cleared, so that memory which is never used is never there */
	*out = malloc(sizeof(**out) + capacity);
	if (!*out)
		return -ENOMEM;
	**out = (struct splitter){ .max_unit = max_unit, .capacity = capacity };
	return 0;
}

void splitter_close(struct splitter **s)
{
	free(*s);
	*s = NULL;
}

/* --- bytes in ------------------------------------------------------------ */

/* Forgets the first n bytes. */
static void forget(struct splitter *s, size_t n)
{
	memmove(s->bytes, s->bytes + n, s->used - n);
	s->used -= n;
	s->scan -= n;
	s->unit = 0;
	for (int i = 0; i < PIECES; i++)
		s->pieces[i].at -= s->pieces[i].at < n ? s->pieces[i].at : n;
}

uint8_t *splitter_room(struct splitter *s, size_t *size)
{
	size_t room;

	/* what stands in front of `scan` may be a zero_byte */
	forget(s, s->started ? s->unit : s->scan - (s->scan > 0));
	room = s->capacity - s->used;
	assert(room);
	*size = room < CHUNK ? room : CHUNK;
	return s->bytes + s->used;
}

void splitter_filled(struct splitter *s, size_t n, int64_t now_us)
{
	assert(n <= s->capacity - s->used);
	if (!n)
		return;
	memmove(s->pieces + 1, s->pieces, sizeof(s->pieces[0]) * (PIECES - 1));
	s->pieces[0].at = s->used;
	s->pieces[0].us = now_us;
	s->used += n;
}

static int64_t arrival(const struct splitter *s, size_t at)
{
	int i = 0;

	while (i < PIECES - 1 && s->pieces[i].at > at)
		i++;
	return s->pieces[i].us;
}

/* --- access units out ---------------------------------------------------- */

/* Whether a NAL unit, once a picture was there, begins an access unit. */
static bool begins_unit(const uint8_t nal[static 2])
{
	switch (nal[0] & 0x1f) {
	case H264_SLICE:
	case H264_IDR:
		return h264_starts_picture(nal, 2);
	case H264_SEI:
	case H264_SPS:
	case H264_PPS:
	case H264_AUD:
	case 15: /* subset SPS, and three that are reserved */
	case 16:
	case 17:
	case 18:
		return true;
	default:
		return false;
	}
}

static bool is_slice(const uint8_t *nal)
{
	int type = nal[0] & 0x1f;

	return type == H264_SLICE || type == H264_IDR;
}

/*
 * Finds the next NAL unit that was not looked at yet: where it begins, and
 * two bytes of it. Returns NULL when there are too few bytes to tell.
 */
static const uint8_t *next_nal(struct splitter *s, size_t *at)
{
	size_t code = h264_find_start_code(s->bytes, s->used, s->scan);

	if (code == s->used) {
		if (s->used > s->scan + 2)
			s->scan = s->used - 2;
		return NULL;
	}
	s->scan = code;
	if (s->used - code < 5)
		return NULL;
	s->scan = code + 3;
	/* zero_byte (B.1.1) belongs to what it stands in front of */
	*at = code > s->unit && !s->bytes[code - 1] ? code - 1 : code;
	return s->bytes + s->scan;
}

/* Ends the open unit, if any, at `at`, where another begins. */
static void begin_unit(struct splitter *s, size_t at, struct splitter_unit *out)
{
	*out = (struct splitter_unit){ .bytes = s->bytes + s->unit,
				       .size = at - s->unit,
				       .arrived_us = s->arrived_us,
				       .next_us = arrival(s, at) };
	s->unit = at;
	s->arrived_us = out->next_us;
	s->started = true;
	s->has_picture = false;
}

int splitter_next(struct splitter *s, struct splitter_unit *out)
{
	const uint8_t *nal;
	size_t at;

	while ((nal = next_nal(s, &at))) {
		bool open = s->started;
		bool begins = begins_unit(nal) && (!open || s->has_picture);

		if (begins)
			begin_unit(s, at, out);
		if (is_slice(nal))
			s->has_picture = true;
		if (begins && open)
			return out->size > s->max_unit ? -EMSGSIZE : 1;
	}
	/* the byte before `scan` may be a zero_byte; the rest is the unit's */
	if (s->started && s->scan - s->unit > s->max_unit + 1) {
		s->started = false;
		return -EMSGSIZE;
	}
	return 0;
}

int splitter_end(struct splitter *s, struct splitter_unit *out)
{
	bool whole = s->started && s->has_picture;

	*out = (struct splitter_unit){ .bytes = s->bytes + s->unit,
				       .size = s->used - s->unit,
				       .arrived_us = s->arrived_us };
	s->started = false;
	if (whole && out->size > s->max_unit)
		return -EMSGSIZE;
	return whole;
}
