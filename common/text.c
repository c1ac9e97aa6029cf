/* SPDX-License-Identifier: MIT */
#include "common/text.h"

#define MAX_DIGITS 20 /* of 2^64 - 1 */

void text_add_bytes(struct text *t, const char *bytes, size_t n)
{
	if (t->length < t->size && n <= t->size - t->length)
		memcpy(t->at + t->length, bytes, n);
	t->length += n;
}

void text_add_number(struct text *t, uint64_t value, int digits)
{
	char number[MAX_DIGITS];
	int at = MAX_DIGITS;

	do {
		number[--at] = (char)('0' + value % 10);
		value /= 10;
		digits--;
	} while (at > 0 && (value || digits > 0));
	text_add_bytes(t, number + at, (size_t)(MAX_DIGITS - at));
}

void text_add_hex(struct text *t, uint32_t value)
{
	char number[8];

	for (int at = 7; at >= 0; at--) {
		number[at] = "0123456789abcdef"[value & 15];
		value >>= 4;
	}
	text_add_bytes(t, number, sizeof(number));
}

bool text_end(struct text *t)
{
	if (t->length >= t->size)
		return false;
	t->at[t->length] = '\0';
	return true;
}
