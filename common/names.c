/* SPDX-License-Identifier: MIT */
#include "common/names.h"

#include <assert.h>
#include <string.h>

#include <zlib.h>

#include "common/text.h"

#define INIT_PREFIX "init-"

int name_format(char out[static NAME_SIZE], const struct name *name)
{
	struct text t = { .at = out, .size = NAME_SIZE };
	bool fits;

	if (name->kind == NAME_INIT)
		text_add(&t, INIT_PREFIX);
	text_add_hex(&t, name->id);
	if (name->kind != NAME_INIT) {
		text_add(&t, "-");
		text_add_number(&t, name->at.msn, 1);
	}
	if (name->kind == NAME_PART) {
		text_add(&t, ".");
		text_add_number(&t, name->at.part, 1);
	}
	text_add(&t, name->kind == NAME_INIT ? ".mp4" : ".m4s");
	fits = text_end(&t);
	assert(fits);
	return (int)t.length;
}

static const char *read_hex(uint32_t *out, const char *text)
{
	uint32_t value = 0;

	for (int i = 0; i < 8; i++, text++) {
		if (*text >= '0' && *text <= '9')
			value = value << 4 | (uint32_t)(*text - '0');
		else if (*text >= 'a' && *text <= 'f')
			value = value << 4 | (uint32_t)(*text - 'a' + 10);
		else
			return NULL;
	}
	*out = value;
	return text;
}

/* Stops before a digit that would take the number beyond `max`. */
static const char *read_number(uint32_t *out, const char *text, uint32_t max)
{
	uint64_t value = 0;

	for (; *text >= '0' && *text <= '9'; text++) {
		value = value * 10 + (uint64_t)(*text - '0');
		if (value > max)
			return NULL;
	}
	*out = (uint32_t)value;
	return text;
}

/* Takes more than name_format() writes; name_parse() compares. */
static bool parse_loosely(struct name *out, const char *text)
{
	if (strncmp(text, INIT_PREFIX, strlen(INIT_PREFIX)) == 0) {
		out->kind = NAME_INIT;
		return read_hex(&out->id, text + strlen(INIT_PREFIX)) != NULL;
	}
	text = read_hex(&out->id, text);
	if (!text || *text != '-')
		return false;
	text = read_number(&out->at.msn, text + 1, WIRE_MAX_MSN);
	if (!text)
		return false;
	out->kind = NAME_SEGMENT;
	if (*text == '.' && text[1] >= '0' && text[1] <= '9') {
		out->kind = NAME_PART;
		text = read_number(&out->at.part, text + 1, WIRE_MAX_PARTS - 1);
	}
	return text != NULL;
}

bool name_parse(struct name *out, const char *text, size_t n)
{
	struct name name = { 0 };
	char copy[NAME_SIZE] = "", expected[NAME_SIZE];

	if (n >= NAME_SIZE)
		return false;
	memcpy(copy, text, n);
	if (!parse_loosely(&name, copy))
		return false;
	if ((size_t)name_format(expected, &name) != n ||
	    memcmp(expected, text, n) != 0)
		return false;
	*out = name;
	return true;
}

uint32_t name_init_id(const uint8_t *bytes, size_t n)
{
	return (uint32_t)crc32_z(0, bytes, n);
}

bool camera_name_valid(const char *text, size_t n)
{
	static const char *const reserved[] = { "v1", "assets", "healthz",
						"readyz", "metrics" };

	if (n == 0 || n > CAMERA_NAME_MAX || text[0] == '-')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!(text[i] >= 'a' && text[i] <= 'z') &&
		    !(text[i] >= '0' && text[i] <= '9') && text[i] != '-')
			return false;
	for (size_t i = 0; i < sizeof(reserved) / sizeof(*reserved); i++)
		if (strlen(reserved[i]) == n && !memcmp(reserved[i], text, n))
			return false;
	return true;
}
