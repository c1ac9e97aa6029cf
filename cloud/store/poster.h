/* SPDX-License-Identifier: MIT */
/*
 * poster: the newest small picture of a camera, as the replies that show it.
 * Server's thread. Pure, but for the memory.
 */
#ifndef CLOUD_STORE_POSTER_H
#define CLOUD_STORE_POSTER_H

#include <stddef.h>
#include <stdint.h>

struct poster;
struct reply;

struct poster_params {
	const uint8_t *bytes; /* a JPEG; copied */
	size_t size;
	int64_t taken_us; /* as the device says, Unix time */
	int64_t wall_us;  /* when it came; it was not taken later */
};

/* -EPROTO: no JPEG; -ENOMEM. On failure *out is NULL. */
int poster_open(struct poster **out, const struct poster_params *params);
void poster_close(struct poster **p);

/* 200, or 304 where `if_none_match` has its ETag. Borrowed. */
struct reply *poster_reply(const struct poster *p, const char *if_none_match);

/* When it was taken, Unix time. */
int64_t poster_taken_us(const struct poster *p);

/* Bytes it holds; NULL holds none. */
size_t poster_memory(const struct poster *p);

#endif
