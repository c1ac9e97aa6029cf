/* SPDX-License-Identifier: MIT */
/*
 * splitter: cuts a stream of H.264 Annex B, which comes in pieces of any
 * size, into access units. A unit ends where the next one begins (7.4.1.2.3):
 * with an access unit delimiter, a parameter set or an SEI behind a picture,
 * or with the first slice of another picture.
 *
 *	bytes = splitter_room(s, &size);
 *	n = read(fd, bytes, size);
 *	splitter_filled(s, n, clock_monotonic_us());
 *	while ((err = splitter_next(s, &unit)) != 0)
 *		...
 *
 * Pure: no I/O, time is an argument. Owned by one thread.
 */
#ifndef DEVICE_SOURCE_SPLITTER_H
#define DEVICE_SOURCE_SPLITTER_H

#include <stddef.h>
#include <stdint.h>

struct splitter;

struct splitter_unit {
	const uint8_t *bytes; /* borrowed until splitter_room() */
	size_t size;
	int64_t arrived_us; /* when its first byte came */
	int64_t next_us;    /* when the first byte behind it came; 0: none */
};

/* `max_unit`: bytes of the largest access unit. On failure *out is NULL. */
int splitter_open(struct splitter **out, size_t max_unit);
void splitter_close(struct splitter **s);

/* Where the next bytes go, and how many there may be, at least one. */
uint8_t *splitter_room(struct splitter *s, size_t *size);

/* `n` bytes were put there, which came at `now_us`. */
void splitter_filled(struct splitter *s, size_t n, int64_t now_us);

/*
 * Gives the next whole access unit: 1. Returns 0 when it needs more bytes;
 * -EMSGSIZE when a unit beyond `max_unit` was thrown away, and everything up
 * to the beginning of the next one will be.
 */
int splitter_next(struct splitter *s, struct splitter_unit *out);

/*
 * No more bytes will come: gives what is left of the last unit: 1, or 0 when
 * that holds no picture. splitter_next() must have returned 0 before.
 */
int splitter_end(struct splitter *s, struct splitter_unit *out);

#endif
