/* SPDX-License-Identifier: MIT */
/*
 * poster: the newest small picture of the camera, for viewers who see nothing
 * else yet or no more. The media thread puts it here (poster_maker.h), the
 * network thread takes it away when it can.
 *
 * One mutex, held for the copy of a JPEG, which is small. A NULL poster is
 * fine: there never is one.
 */
#ifndef DEVICE_POSTER_POSTER_H
#define DEVICE_POSTER_POSTER_H

#include <stddef.h>
#include <stdint.h>

#define POSTER_MAX_BYTES (48u << 10)

struct poster;

/* -ENOMEM; then *out is NULL. */
int poster_open(struct poster **out);
void poster_close(struct poster **p);

/* Replaces the newest by `size` bytes, at most POSTER_MAX_BYTES. */
void poster_put(struct poster *p, const uint8_t *bytes, size_t size,
		int64_t taken_us);

/* How many were put; 0: none yet. */
uint64_t poster_number(struct poster *p);

/* Copies the newest to `out` (POSTER_MAX_BYTES); returns its size, or 0. */
size_t poster_read(struct poster *p, uint8_t *out, int64_t *taken_us);

#endif
