/* SPDX-License-Identifier: MIT */
/*
 * gzip: small texts, one after the other, with one state that is reused. The
 * same text always gives the same bytes: no name, no date in them.
 *
 * One thread at a time.
 */
#ifndef DEVICE_UPLINK_GZIP_H
#define DEVICE_UPLINK_GZIP_H

#include <stddef.h>
#include <stdint.h>

struct gzip;

/* -ENOMEM; then *out is NULL. */
int gzip_open(struct gzip **out);
void gzip_close(struct gzip **g);

/* Returns how many bytes were written to `out`; -EMSGSIZE: more than `size`. */
int gzip_pack(struct gzip *g, uint8_t *out, size_t size, const void *text,
	      size_t n);

#endif
