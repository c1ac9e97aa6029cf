/* SPDX-License-Identifier: MIT */
#include "device/status/status_json.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/status/json_read.h"

enum kind { INT, BOOL, I64, U64, U32, U16, TEXT, MODE };

/* One row a field, both ways. */
struct field {
	const char *name;
	enum kind kind;
	size_t at;
	size_t size; /* TEXT: of the array */
};

#define AT(member)   offsetof(struct status_view, member)
#define SIZE(member) sizeof(((struct status_view *)NULL)->member)

static const struct field fields[] = {
	{ "camera", TEXT, AT(camera), SIZE(camera) },
	{ "pid", INT, AT(pid), 0 },
	{ "mode", MODE, AT(mode), 0 },
	{ "mode_since_us", I64, AT(mode_us), 0 },
	{ "relay", TEXT, AT(relay), SIZE(relay) },
	{ "connected", BOOL, AT(connected), 0 },
	{ "connected_since_us", I64, AT(connected_us), 0 },
	{ "checkin_s", U16, AT(checkin_s), 0 },
	{ "behind_ms", U32, AT(behind_ms), 0 },
	{ "skipped_ms", U32, AT(skipped_ms), 0 },
	{ "bitrate", U32, AT(bitrate), 0 },
	{ "fps_milli", U32, AT(fps_milli), 0 },
	{ "frames", U64, AT(frames), 0 },
	{ "width", INT, AT(width), 0 },
	{ "height", INT, AT(height), 0 },
	{ "source", TEXT, AT(source), SIZE(source) },
	{ "encoder", TEXT, AT(encoder), SIZE(encoder) },
	{ "sent_bytes", U64, AT(traffic.sent), 0 },
	{ "media_bytes", U64, AT(traffic.media), 0 },
	{ "poster_bytes", U64, AT(traffic.posters), 0 },
	{ "budget_bytes", U64, AT(budget.limit_bytes), 0 },
	{ "budget_used_bytes", U64, AT(budget.used_bytes), 0 },
	{ "budget_ends_us", I64, AT(budget.ends_us), 0 },
	{ "budget_bitrate", U32, AT(budget.ceiling), 0 },
	{ "note", TEXT, AT(note), SIZE(note) },
	{ "origin", TEXT, AT(origin), SIZE(origin) },
	{ "origin_note", TEXT, AT(origin_note), SIZE(origin_note) },
	{ "started_us", I64, AT(started_us), 0 },
	{ "written_us", I64, AT(written_us), 0 },
};

#define FIELDS (sizeof(fields) / sizeof(*fields))

/* --- out ------------------------------------------------------------------ */

static void print_text(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x20)
			fprintf(out, "\\u%04x", c);
		else if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static long long number(const struct field *f, const void *at)
{
	switch (f->kind) {
	case INT:
		return *(const int *)at;
	case I64:
		return *(const int64_t *)at;
	case U64:
		return (long long)*(const uint64_t *)at;
	case U32:
		return *(const uint32_t *)at;
	default:
		return *(const uint16_t *)at;
	}
}

static void print_field(FILE *out, const struct field *f,
			const struct status_view *v)
{
	const void *at = (const char *)v + f->at;

	fprintf(out, "\"%s\":", f->name);
	if (f->kind == TEXT)
		print_text(out, at);
	else if (f->kind == MODE)
		print_text(out, status_mode_name(*(const enum wire_mode *)at));
	else if (f->kind == BOOL)
		fputs(*(const bool *)at ? "true" : "false", out);
	else
		fprintf(out, "%lld", number(f, at));
}

int status_json_print(char *out, size_t size, const struct status_view *v)
{
	FILE *stream = fmemopen(out, size, "w");
	long length;

	if (!stream)
		return -errno;
	for (size_t i = 0; i < FIELDS; i++) {
		fputc(i ? ',' : '{', stream);
		print_field(stream, &fields[i], v);
	}
	fputs("}\n", stream);
	fflush(stream);
	length = ferror(stream) ? -1 : ftell(stream);
	fclose(stream);
	return length > 0 && (size_t)length < size ? (int)length : -EMSGSIZE;
}

/* --- in ------------------------------------------------------------------- */

static enum wire_mode parse_mode(const char *name)
{
	for (enum wire_mode mode = WIRE_LIVE; mode <= WIRE_POSTERS; mode++)
		if (!strcmp(name, status_mode_name(mode)))
			return mode;
	return WIRE_LIVE;
}

static void parse_number(const struct field *f, const char *text, void *out)
{
	int64_t value = strtoll(text, NULL, 10);

	switch (f->kind) {
	case INT:
		*(int *)out = (int)value;
		break;
	case I64:
		*(int64_t *)out = value;
		break;
	case U64:
		*(uint64_t *)out = (uint64_t)value;
		break;
	case U32:
		*(uint32_t *)out = (uint32_t)value;
		break;
	default:
		*(uint16_t *)out = (uint16_t)value;
	}
}

static enum json_kind kind_of(const struct field *f)
{
	if (f->kind == TEXT || f->kind == MODE)
		return JSON_TEXT;
	return f->kind == BOOL ? JSON_BOOL : JSON_INTEGER;
}

static const struct field *find_field(const char *name)
{
	for (size_t i = 0; i < FIELDS; i++)
		if (!strcmp(fields[i].name, name))
			return &fields[i];
	return NULL;
}

static bool take(void *view, const char *name, enum json_kind kind,
		 const char *value)
{
	const struct field *f = find_field(name);
	void *out;

	if (!f || kind != kind_of(f))
		return false;
	out = (char *)view + f->at;
	if (f->kind == TEXT)
		snprintf(out, f->size, "%s", value);
	else if (f->kind == MODE)
		*(enum wire_mode *)out = parse_mode(value);
	else if (f->kind == BOOL)
		*(bool *)out = value[0] == 't';
	else
		parse_number(f, value, out);
	return true;
}

int status_json_parse(struct status_view *out, const char *text)
{
	*out = (struct status_view){ .mode = WIRE_LIVE };
	return json_read(text, take, out) < 0 || !out->pid ? -EPROTO : 0;
}
