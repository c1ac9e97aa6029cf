/* SPDX-License-Identifier: MIT */
#include "device/status/json_read.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NAME  32
#define MAX_DEPTH 4

static int hex(const char *at)
{
	int value = 0;

	for (int i = 0; i < 4; i++) {
		if (!isxdigit((unsigned char)at[i]))
			return -1;
		value = value * 16 + (isdigit((unsigned char)at[i])
					      ? at[i] - '0'
					      : (at[i] | 32) - 'a' + 10);
	}
	return value;
}

/* One character of a text, escaped or not; behind it, or NULL. */
static const char *read_character(const char *at, char *out)
{
	int code;

	if (*at != '\\') {
		*out = *at;
		return *at ? at + 1 : NULL;
	}
	if (at[1] != 'u') {
		*out = at[1];
		return at[1] ? at + 2 : NULL;
	}
	code = hex(at + 2);
	*out = (char)code;
	return code > 0 && code < 0x20 ? at + 6 : NULL;
}

const char *json_read_text(const char *at, char *out, size_t size)
{
	size_t n = 0;

	if (*at++ != '"')
		return NULL;
	while (at && *at != '"') {
		char c;

		at = read_character(at, &c);
		if (n + 1 < size)
			out[n++] = c;
	}
	out[n] = '\0';
	return at ? at + 1 : NULL;
}

const char *json_read_number(const char *at, int64_t *out)
{
	char *end;

	if (*at != '-' && !isdigit((unsigned char)*at))
		return NULL;
	*out = strtoll(at, &end, 10);
	return end == at ? NULL : end;
}

const char *json_read_object(const char *at,
			     const char *(*value)(void *context,
						  const char *name,
						  const char *at),
			     void *context)
{
	char name[MAX_NAME];

	if (*at != '{')
		return NULL;
	while (*at == '{' || *at == ',') {
		at = json_read_text(at + 1, name, sizeof(name));
		if (!at || *at != ':')
			return NULL;
		at = value(context, name, at + 1);
		if (!at)
			return NULL;
	}
	return *at == '}' ? at + 1 : NULL;
}

/* `context`: how deep it may still go. */
static const char *skip(void *context, const char *name, const char *at)
{
	int depth = *(int *)context - 1;
	char text[1];
	size_t n;

	(void)name;
	if (*at == '"')
		return json_read_text(at, text, sizeof(text));
	if (*at == '{')
		return depth ? json_read_object(at, skip, &depth) : NULL;
	n = strcspn(at, "\",{}[]");
	return n ? at + n : NULL;
}

const char *json_skip_value(const char *at)
{
	int depth = MAX_DEPTH + 1;

	return skip(&depth, "", at);
}
