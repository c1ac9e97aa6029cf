/* SPDX-License-Identifier: MIT */
#include "device/push/credentials.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_one_line(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

/* RFC 4648 4. `out` has room for 4 * (n / 3 + 1) characters and a NUL. */
static void encode_base64(char *out, const char *text, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		size_t left = n - i;
		uint32_t bits = (uint32_t)(uint8_t)text[i] << 16;

		if (left > 1)
			bits |= (uint32_t)(uint8_t)text[i + 1] << 8;
		if (left > 2)
			bits |= (uint8_t)text[i + 2];
		*out++ = digits[bits >> 18];
		*out++ = digits[bits >> 12 & 63];
		*out++ = left > 1 ? digits[bits >> 6 & 63] : '=';
		*out++ = left > 2 ? digits[bits & 63] : '=';
	}
	*out = '\0';
}

int credentials_make(char **out, const char *secret)
{
	bool basic = secret && strchr(secret, ':');
	size_t n = secret ? strlen(secret) : 0;
	size_t size = 4 * (n / 3 + 1) + sizeof("Bearer ");

	*out = NULL;
	if (!n)
		return 0;
	if (!is_one_line(secret))
		return -EINVAL;
	*out = malloc(size);
	if (!*out)
		return -ENOMEM;
	if (basic) {
		memcpy(*out, "Basic ", 6);
		encode_base64(*out + 6, secret, n);
	} else {
		snprintf(*out, size, "Bearer %s", secret);
	}
	return 0;
}
