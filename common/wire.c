/* SPDX-License-Identifier: MIT */
#include "common/wire.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "common/big_endian.h"

/* One field: where it lives in struct wire_message, and its width. */
struct field {
	uint8_t offset;
	uint8_t width; /* 2, 4 or 8; 0 ends the list */
};

#define FIELD(member)                                                          \
	offsetof(struct wire_message, member),                                 \
		sizeof(((struct wire_message *)0)->member)

static const struct field no_fields[] = { { 0 } };

static const struct field hello_fields[] = {
	{ FIELD(hello.process) },
	{ FIELD(hello.clock_us) },
	{ 0 },
};

static const struct field init_fields[] = {
	{ FIELD(init.id) },
	{ 0 },
};

static const struct field part_fields[] = {
	{ FIELD(part.epoch) },	       { FIELD(part.at.msn) },
	{ FIELD(part.at.part) },       { FIELD(part.init) },
	{ FIELD(part.discontinuity) }, { FIELD(part.duration_90k) },
	{ FIELD(part.start_us) },      { 0 },
};

static const struct field playlist_fields[] = {
	{ FIELD(playlist.first_msn) },
	{ FIELD(playlist.last.msn) },
	{ FIELD(playlist.last.part) },
	{ FIELD(playlist.hint_epoch) },
	{ FIELD(playlist.hint.msn) },
	{ FIELD(playlist.hint.part) },
	{ FIELD(playlist.target_ms) },
	{ FIELD(playlist.part_target_ms) },
	{ FIELD(playlist.gzip_size) },
	{ FIELD(playlist.delta_size) },
	{ 0 },
};

static const struct field poster_fields[] = {
	{ FIELD(poster.taken_us) },
	{ 0 },
};

static const struct field status_fields[] = {
	{ FIELD(status.mode) },	      { FIELD(status.checkin_s) },
	{ FIELD(status.behind_ms) },  { FIELD(status.bitrate) },
	{ FIELD(status.skipped_ms) }, { 0 },
};

static const struct field welcome_fields[] = {
	{ FIELD(welcome.clock_us) },
	{ FIELD(welcome.first_msn) },
	{ FIELD(welcome.last.msn) },
	{ FIELD(welcome.last.part) },
	{ FIELD(welcome.epoch) },
	{ FIELD(welcome.discontinuity) },
	{ FIELD(welcome.max_part) },
	{ FIELD(welcome.max_segments) },
	{ 0 },
};

static const struct field ack_fields[] = {
	{ FIELD(ack.last.msn) },
	{ FIELD(ack.last.part) },
	{ 0 },
};

static const struct field demand_fields[] = {
	{ FIELD(demand.viewers) },
	{ 0 },
};

static const struct field error_fields[] = {
	{ FIELD(error.code) },
	{ 0 },
};

/* What a message of each type may look like. */
struct shape {
	enum wire_type type;
	const char *name;
	const struct field *fields;
	uint32_t min_body, max_body;
	uint8_t flags; /* those defined */
};

static const struct shape shapes[] = {
	{ WIRE_HELLO, "hello", hello_fields, 0, 0, 0 },
	{ WIRE_INIT, "init", init_fields, 1, WIRE_MAX_INIT, 0 },
	{ WIRE_PART, "part", part_fields, 1, WIRE_MAX_PART,
	  WIRE_INDEPENDENT | WIRE_LAST | WIRE_DISCONTINUITY },
	{ WIRE_PLAYLIST, "playlist", playlist_fields, 1, WIRE_MAX_PLAYLIST,
	  WIRE_ENDED },
	{ WIRE_BYE, "bye", no_fields, 0, WIRE_MAX_TEXT, 0 },
	{ WIRE_POSTER, "poster", poster_fields, 1, WIRE_MAX_POSTER, 0 },
	{ WIRE_STATUS, "status", status_fields, 0, WIRE_MAX_TEXT, 0 },
	{ WIRE_WELCOME, "welcome", welcome_fields, 0, 0, WIRE_HOLDS },
	{ WIRE_ACK, "ack", ack_fields, 0, 0, 0 },
	{ WIRE_ERROR, "error", error_fields, 0, WIRE_MAX_TEXT, 0 },
	{ WIRE_DRAIN, "drain", no_fields, 0, 0, 0 },
	{ WIRE_DEMAND, "demand", demand_fields, 0, 0, 0 },
	{ WIRE_KEY_FRAME, "key frame", no_fields, 0, 0, 0 },
};

static const struct shape *find_shape(unsigned int type)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++)
		if (shapes[i].type == type)
			return &shapes[i];
	return NULL;
}

static uint32_t fields_size(const struct shape *shape)
{
	uint32_t size = 0;

	for (const struct field *f = shape->fields; f->width; f++)
		size += f->width;
	return size;
}

static uint64_t load(const struct wire_message *m, const struct field *f)
{
	const char *at = (const char *)m + f->offset;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	switch (f->width) {
	case sizeof(u16):
		memcpy(&u16, at, sizeof(u16));
		return u16;
	case sizeof(u32):
		memcpy(&u32, at, sizeof(u32));
		return u32;
	default:
		memcpy(&u64, at, sizeof(u64));
		return u64;
	}
}

static void store(struct wire_message *m, const struct field *f, uint64_t value)
{
	char *at = (char *)m + f->offset;
	uint16_t u16 = (uint16_t)value;
	uint32_t u32 = (uint32_t)value;

	switch (f->width) {
	case sizeof(u16):
		memcpy(at, &u16, sizeof(u16));
		return;
	case sizeof(u32):
		memcpy(at, &u32, sizeof(u32));
		return;
	default:
		memcpy(at, &value, sizeof(value));
		return;
	}
}

static bool position_fits(struct wire_position at)
{
	return at.msn <= WIRE_MAX_MSN && at.part < WIRE_MAX_PARTS;
}

static bool time_fits(int64_t us)
{
	return us >= -WIRE_MAX_TIME_US && us <= WIRE_MAX_TIME_US;
}

static int check_part(const struct wire_part *p)
{
	return position_fits(p->at) && time_fits(p->start_us) ? 0 : -EMSGSIZE;
}

static int check_playlist(const struct wire_message *m)
{
	const struct wire_playlist *p = &m->playlist;
	bool ended = m->flags & WIRE_ENDED; /* and then nothing is hinted */

	if (!position_fits(p->last) || (!ended && !position_fits(p->hint)) ||
	    p->target_ms > WIRE_MAX_TARGET_MS ||
	    p->part_target_ms > WIRE_MAX_TARGET_MS)
		return -EMSGSIZE;
	if (p->first_msn > p->last.msn ||
	    (!ended && wire_compare(p->hint, p->last) <= 0))
		return -EPROTO;
	if (p->gzip_size == 0 ||
	    (uint64_t)p->gzip_size + p->delta_size != m->body_size)
		return -EPROTO;
	return 0;
}

static int check_welcome(const struct wire_message *m)
{
	const struct wire_welcome *w = &m->welcome;

	if (!(m->flags & WIRE_HOLDS))
		return 0;
	if (!position_fits(w->last))
		return -EMSGSIZE;
	return w->first_msn <= w->last.msn ? 0 : -EPROTO;
}

static int check_fields(const struct wire_message *m)
{
	switch (m->type) {
	case WIRE_PART:
		return check_part(&m->part);
	case WIRE_POSTER:
		return time_fits(m->poster.taken_us) ? 0 : -EMSGSIZE;
	case WIRE_PLAYLIST:
		return check_playlist(m);
	case WIRE_WELCOME:
		return check_welcome(m);
	case WIRE_ACK:
		return position_fits(m->ack.last) ? 0 : -EMSGSIZE;
	default:
		return 0;
	}
}

size_t wire_encode(uint8_t out[static WIRE_MAX_FIXED],
		   const struct wire_message *m)
{
	const struct shape *shape = find_shape(m->type);
	uint8_t *at = out + WIRE_HEAD_SIZE;

	assert(shape && !(m->flags & ~shape->flags));
	assert(m->body_size >= shape->min_body);
	assert(m->body_size <= shape->max_body);
	assert(check_fields(m) == 0);

	big_endian_put(out, m->type, 1);
	big_endian_put(out + 1, m->flags, 1);
	big_endian_put(out + 2, 0, 2);
	big_endian_put(out + 4, fields_size(shape) + m->body_size, 4);
	for (const struct field *f = shape->fields; f->width; f++) {
		big_endian_put(at, load(m, f), f->width);
		at += f->width;
	}
	assert(at <= out + WIRE_MAX_FIXED);
	return (size_t)(at - out);
}

size_t wire_size(const uint8_t *bytes, size_t n)
{
	uint64_t size;

	if (n < WIRE_HEAD_SIZE)
		return 0;
	size = WIRE_HEAD_SIZE + big_endian_get(bytes + 4, 4);
	return size <= n ? (size_t)size : 0;
}

int wire_decode_head(struct wire_message *out, const uint8_t *bytes, size_t n)
{
	const struct shape *shape;
	const uint8_t *at = bytes + WIRE_HEAD_SIZE;
	uint32_t fixed, size;
	int err;

	*out = (struct wire_message){ 0 };
	if (n < WIRE_HEAD_SIZE)
		return 0;
	shape = find_shape(bytes[0]);
	if (!shape)
		return -ENOTSUP;
	out->type = shape->type;
	out->flags = bytes[1];
	if ((out->flags & ~shape->flags) || big_endian_get(bytes + 2, 2) != 0)
		return -EPROTO;

	fixed = fields_size(shape);
	size = (uint32_t)big_endian_get(bytes + 4, 4);
	if (size < fixed + shape->min_body)
		return -EPROTO;
	out->body_size = size - fixed;
	if (out->body_size > shape->max_body)
		return shape->max_body ? -EMSGSIZE : -EPROTO;

	if (n - WIRE_HEAD_SIZE < fixed)
		return 0;
	for (const struct field *f = shape->fields; f->width; f++) {
		store(out, f, big_endian_get(at, f->width));
		at += f->width;
	}
	err = check_fields(out);
	return err < 0 ? err : (int)(at - bytes);
}

int wire_decode(struct wire_message *out, const uint8_t *bytes, size_t n)
{
	int fixed = wire_decode_head(out, bytes, n);

	if (fixed < 0)
		return fixed;
	if (fixed == 0 || n - (size_t)fixed != out->body_size)
		return -EPROTO;
	if (out->body_size)
		out->body = bytes + fixed;
	return 0;
}

int wire_compare(struct wire_position a, struct wire_position b)
{
	if (a.msn != b.msn)
		return a.msn < b.msn ? -1 : 1;
	return (a.part > b.part) - (a.part < b.part);
}

const char *wire_type_name(enum wire_type type)
{
	const struct shape *shape = find_shape(type);

	return shape ? shape->name : "unknown";
}
