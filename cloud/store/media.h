/* SPDX-License-Identifier: MIT */
/*
 * media: the replies of init segments, parts and segments. Pure.
 */
#ifndef CLOUD_STORE_MEDIA_H
#define CLOUD_STORE_MEDIA_H

#include <stddef.h>

struct reply;

/* An init segment or a part of `size` bytes, to be filled in. NULL: memory. */
struct reply *media_new(size_t size);

/* The segment made of these parts, which it holds. NULL: memory. */
struct reply *media_segment(struct reply *const *part, size_t count);

#endif
