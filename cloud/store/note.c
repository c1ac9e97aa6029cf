/* SPDX-License-Identifier: MIT */
#include "cloud/store/note.h"

#include <string.h>

/*
 * The length of the character at `at`, well-formed UTF-8 that shows something
 * (RFC 3629 4; overlong forms and surrogates are harmless here), or 0. U+0080
 * to U+009F are control characters as well (ECMA-48 5.3), which a terminal with
 * the log in it may obey.
 */
static size_t character(const char *at, size_t n)
{
	unsigned char c = (unsigned char)*at;
	size_t size = c < 0x80	 ? 1
		      : c < 0xc2 ? 0
		      : c < 0xe0 ? 2
		      : c < 0xf0 ? 3
		      : c < 0xf5 ? 4
				 : 0;

	if (c < ' ' || c == 0x7f || c == '"' || c == '\\' || size > n)
		return 0;
	for (size_t i = 1; i < size; i++)
		if (((unsigned char)at[i] & 0xc0) != 0x80)
			return 0;
	return c == 0xc2 && (unsigned char)at[1] < 0xa0 ? 0 : size;
}

/* What would need escaping, in JSON or a log, is a question mark. */
void note_copy(char out[static NOTE_SIZE], const char *note, size_t n)
{
	size_t length = 0;

	for (size_t i = 0; i < n && length < NOTE_SIZE - 1;) {
		size_t size = character(note + i, n - i);

		if (size > NOTE_SIZE - 1 - length)
			break;
		if (size)
			memcpy(out + length, note + i, size);
		else
			out[length] = '?';
		length += size ? size : 1;
		i += size ? size : 1;
	}
	out[length] = '\0';
}
