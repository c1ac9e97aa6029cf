/* SPDX-License-Identifier: MIT */
/*
 * text: puts text together in a buffer of fixed size, without printf(), which
 * took more than half of what oriel-cam does for a frame when parts are
 * short: each has a playlist with dozens of lines.
 *
 * What does not fit is counted and left out. Pure; any thread.
 */
#ifndef COMMON_TEXT_H
#define COMMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
	char *at; /* of the buffer */
	size_t size;
	size_t length; /* of the text, as far as it were if all did fit */
};

void text_add_bytes(struct text *t, const char *bytes, size_t n);

static inline void text_add(struct text *t, const char *string)
{
	text_add_bytes(t, string, strlen(string));
}

/* Decimal, with zeros in front up to at least `digits` digits. */
void text_add_number(struct text *t, uint64_t value, int digits);

/* Eight lower-case hexadecimal digits. */
void text_add_hex(struct text *t, uint32_t value);

/* Ends it with a zero byte. False: it did not fit. */
bool text_end(struct text *t);

#endif
