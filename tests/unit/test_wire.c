/* SPDX-License-Identifier: MIT */
#include "common/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/check_main.h"

/*
 * One message of each type: its bytes, typed by hand from the drawing and the
 * structs in wire.h (head, then the fields in order, then the body), and what
 * they mean.
 */
struct golden {
	const char *name;
	const uint8_t *bytes;
	size_t n;
	struct wire_message message;
	const char *body;
};

#define BYTES(...)                                                             \
	.bytes = (const uint8_t[]){ __VA_ARGS__ },                             \
	.n = sizeof((const uint8_t[]){ __VA_ARGS__ })

/* clang-format off: one line for each field */
static const struct golden golden[] = {
	{ "hello",
	  BYTES(0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x01, 0x23,
		0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,		 /* process */
		0x00, 0x06, 0x2f, 0x3b, 0x1c, 0x8d, 0x5e, 0x40), /* clock_us */
	  { .type = WIRE_HELLO,
	    .hello = { .process = 0x0123456789abcdef,
		       .clock_us = 0x00062f3b1c8d5e40 } },
	  "" },
	{ "init",
	  BYTES(0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x07, 0x1f, 0x2e,
		0x3d, 0x4c, /* id */
		'a', 'b', 'c'),
	  { .type = WIRE_INIT, .body_size = 3, .init = { .id = 0x1f2e3d4c } },
	  "abc" },
	{ "part",
	  BYTES(0x03, 0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x24, 0x5a, 0x6b,
		0x7c, 0x8d,		/* epoch */
		0x00, 0x00, 0x04, 0xd2, /* msn 1234 */
		0x00, 0x00, 0x00, 0x05, /* part 5 */
		0x1f, 0x2e, 0x3d, 0x4c, /* init */
		0x00, 0x00, 0x00, 0x02, /* discontinuity */
		0x00, 0x00, 0x46, 0x50, /* 18000 / 90 kHz = 0.2 s */
		0x00, 0x06, 0x2f, 0x3b, 0x1c, 0x8d, 0x5e, 0x41, 'm', 'o', 'o',
		'f'),
	  { .type = WIRE_PART,
	    .flags = WIRE_INDEPENDENT | WIRE_DISCONTINUITY,
	    .body_size = 4,
	    .part = { .epoch = 0x5a6b7c8d,
		      .at = { 1234, 5 },
		      .init = 0x1f2e3d4c,
		      .discontinuity = 2,
		      .duration_90k = 18000,
		      .start_us = 0x00062f3b1c8d5e41 } },
	  "moof" },
	{ "playlist",
	  BYTES(0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x2d, 0x00, 0x00,
		0x04, 0xcc,		/* first_msn 1228 */
		0x00, 0x00, 0x04, 0xd2, /* last 1234.5 */
		0x00, 0x00, 0x00, 0x05, 0x5a, 0x6b, 0x7c, 0x8e, /* hint_epoch */
		0x00, 0x00, 0x04, 0xd2, /* hint 1234.6 */
		0x00, 0x00, 0x00, 0x06, 0x00, 0x00, 0x07,
		0xd0,			/* target 2000 ms */
		0x00, 0x00, 0x00, 0xc8, /* part target 200 ms */
		0x00, 0x00, 0x00, 0x03, /* gzip_size */
		0x00, 0x00, 0x00, 0x02, /* delta_size */
		'z', 'i', 'p', 'd', 't'),
	  { .type = WIRE_PLAYLIST,
	    .body_size = 5,
	    .playlist = { .first_msn = 1228,
			  .last = { 1234, 5 },
			  .hint_epoch = 0x5a6b7c8e,
			  .hint = { 1234, 6 },
			  .target_ms = 2000,
			  .part_target_ms = 200,
			  .gzip_size = 3,
			  .delta_size = 2 } },
	  "zipdt" },
	{ "bye",
	  BYTES(0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 'd', 'o', 'n',
		'e'),
	  { .type = WIRE_BYE, .body_size = 4 },
	  "done" },
	{ "poster",
	  BYTES(0x06, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0b, 0x00, 0x06,
		0x2f, 0x3b, 0x1c, 0x8d, 0x5e, 0x43, /* taken_us */
		'j', 'p', 'g'),
	  { .type = WIRE_POSTER,
	    .body_size = 3,
	    .poster = { .taken_us = 0x00062f3b1c8d5e43 } },
	  "jpg" },
	{ "status",
	  BYTES(0x07, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x13, 0x00,
		0x03,			/* mode: asleep */
		0x00, 0x0a,		/* checkin_s */
		0x00, 0x00, 0x05, 0xdc, /* behind_ms 1500 */
		0x00, 0x0f, 0x42, 0x40, /* bitrate 1 Mbit/s */
		0x00, 0x00, 0x07, 0xd0, /* skipped_ms 2000 */
		'h', 'o', 't'),
	  { .type = WIRE_STATUS,
	    .body_size = 3,
	    .status = { .mode = WIRE_ASLEEP,
			.checkin_s = 10,
			.behind_ms = 1500,
			.bitrate = 1000000,
			.skipped_ms = 2000 } },
	  "hot" },
	{ "welcome",
	  BYTES(0x40, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x24, 0x00, 0x06,
		0x2f, 0x3b, 0x1c, 0x8d, 0x5e, 0x42, /* clock_us */
		0x00, 0x00, 0x04, 0xcc,		    /* first_msn */
		0x00, 0x00, 0x04, 0xd2,		    /* last 1234.5 */
		0x00, 0x00, 0x00, 0x05, 0xab, 0xcd, 0xef, 0x01, /* epoch */
		0x00, 0x00, 0x00, 0x02,	 /* discontinuity */
		0x00, 0x80, 0x00, 0x00,	 /* max_part 8 MiB */
		0x00, 0x00, 0x00, 0x07), /* max_segments */
	  { .type = WIRE_WELCOME,
	    .flags = WIRE_HOLDS,
	    .welcome = { .clock_us = 0x00062f3b1c8d5e42,
			 .first_msn = 1228,
			 .last = { 1234, 5 },
			 .epoch = 0xabcdef01,
			 .discontinuity = 2,
			 .max_part = 8388608,
			 .max_segments = 7 } },
	  "" },
	{ "ack",
	  BYTES(0x41, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00,
		0x04, 0xd2, /* last 1234.5 */
		0x00, 0x00, 0x00, 0x05),
	  { .type = WIRE_ACK, .ack = { .last = { 1234, 5 } } },
	  "" },
	{ "error",
	  BYTES(0x42, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00,
		0x05, /* code: replaced */
		'n', 'o'),
	  { .type = WIRE_ERROR,
	    .body_size = 2,
	    .error = { .code = WIRE_ERROR_REPLACED } },
	  "no" },
	{ "drain",
	  BYTES(0x43, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00),
	  { .type = WIRE_DRAIN },
	  "" },
	{ "demand",
	  BYTES(0x44, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00,
		0x00, 0x03), /* viewers */
	  { .type = WIRE_DEMAND, .demand = { .viewers = 3 } },
	  "" },
	{ "key frame",
	  BYTES(0x45, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00),
	  { .type = WIRE_KEY_FRAME },
	  "" },
};
/* clang-format on */

#define GOLDEN (sizeof(golden) / sizeof(*golden))

/* Room for the largest message, and some more. */
static uint8_t *bytes;

static void allocate(void)
{
	bytes = calloc(1, WIRE_MAX_FIXED + WIRE_MAX_PART + 16);
	ck_assert_ptr_nonnull(bytes);
}

static void release(void)
{
	free(bytes);
}

static const struct golden *find(enum wire_type type)
{
	for (size_t i = 0; i < GOLDEN; i++)
		if (golden[i].message.type == type)
			return &golden[i];
	ck_abort_msg("no golden bytes for type %d", (int)type);
	return NULL;
}

/* The type's golden message, put into `bytes` to be spoiled. */
static size_t lay_down(enum wire_type type)
{
	const struct golden *g = find(type);

	memcpy(bytes, g->bytes, g->n);
	return g->n;
}

static void put32(size_t at, uint32_t value)
{
	bytes[at] = (uint8_t)(value >> 24);
	bytes[at + 1] = (uint8_t)(value >> 16);
	bytes[at + 2] = (uint8_t)(value >> 8);
	bytes[at + 3] = (uint8_t)value;
}

/* A copy of exactly n bytes, so that ASan sees a read beyond them. */
static int decode_exactly(struct wire_message *m, const uint8_t *from, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);
	int err;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, from, n);
	err = wire_decode(m, copy, n);
	free(copy);
	m->body = NULL;
	return err;
}

/* The golden message of `type` with one of its 32-bit fields changed. */
static int decode_with(enum wire_type type, size_t field, uint32_t value)
{
	struct wire_message m;
	size_t n = lay_down(type);

	put32(WIRE_HEAD_SIZE + field, value);
	return wire_decode(&m, bytes, n);
}

/* The golden message of `type` with a body of `size` bytes instead. */
static int decode_with_body(enum wire_type type, uint32_t size)
{
	const struct golden *g = find(type);
	uint32_t fixed = (uint32_t)(g->n - strlen(g->body));
	struct wire_message m;

	lay_down(type);
	put32(4, fixed - WIRE_HEAD_SIZE + size);
	if (type == WIRE_PLAYLIST) {
		put32(WIRE_HEAD_SIZE + 32, size);
		put32(WIRE_HEAD_SIZE + 36, 0);
	}
	return wire_decode(&m, bytes, fixed + size);
}

START_TEST(encode_writes_the_bytes_of_the_drawing)
{
	for (size_t i = 0; i < GOLDEN; i++) {
		const struct golden *g = &golden[i];
		uint8_t out[WIRE_MAX_FIXED];
		size_t fixed = wire_encode(out, &g->message);

		ck_assert_uint_eq(fixed + strlen(g->body), g->n);
		ck_assert_msg(memcmp(out, g->bytes, fixed) == 0,
			      "%s: not the golden bytes", g->name);
	}
}
END_TEST

static void assert_same_fields(const struct wire_message *a,
			       const struct wire_message *b)
{
	uint8_t one[WIRE_MAX_FIXED], other[WIRE_MAX_FIXED];
	size_t n = wire_encode(one, a);

	ck_assert_uint_eq(n, wire_encode(other, b));
	ck_assert_mem_eq(one, other, n);
}

START_TEST(decode_reads_the_bytes_of_the_drawing)
{
	for (size_t i = 0; i < GOLDEN; i++) {
		const struct golden *g = &golden[i];
		size_t size = strlen(g->body);
		struct wire_message m;

		ck_assert_int_eq(wire_decode(&m, g->bytes, g->n), 0);
		ck_assert_int_eq(m.type, g->message.type);
		ck_assert_uint_eq(m.flags, g->message.flags);
		ck_assert_uint_eq(m.body_size, size);
		if (size)
			ck_assert_ptr_eq(m.body, g->bytes + g->n - size);
		else
			ck_assert_ptr_null(m.body);
		assert_same_fields(&m, &g->message);
	}
}
END_TEST

START_TEST(decode_gives_each_field_its_own_value)
{
	const struct golden *g = find(WIRE_PLAYLIST);
	struct wire_message m;

	ck_assert_int_eq(wire_decode(&m, g->bytes, g->n), 0);
	ck_assert_uint_eq(m.playlist.first_msn, 1228);
	ck_assert_uint_eq(m.playlist.last.msn, 1234);
	ck_assert_uint_eq(m.playlist.last.part, 5);
	ck_assert_uint_eq(m.playlist.hint_epoch, 0x5a6b7c8e);
	ck_assert_uint_eq(m.playlist.hint.part, 6);
	ck_assert_uint_eq(m.playlist.target_ms, 2000);
	ck_assert_uint_eq(m.playlist.part_target_ms, 200);
	ck_assert_uint_eq(m.playlist.gzip_size, 3);
	ck_assert_uint_eq(m.playlist.delta_size, 2);

	g = find(WIRE_PART);
	ck_assert_int_eq(wire_decode(&m, g->bytes, g->n), 0);
	ck_assert_uint_eq(m.part.duration_90k, 18000);
	ck_assert_int_eq(m.part.start_us, 0x00062f3b1c8d5e41);
}
END_TEST

START_TEST(times_before_1970_survive)
{
	struct wire_message out,
		in = { .type = WIRE_HELLO, .hello = { .clock_us = -1 } };

	ck_assert_uint_eq(wire_encode(bytes, &in), 24);
	ck_assert_int_eq(wire_decode(&out, bytes, 24), 0);
	ck_assert_int_eq(out.hello.clock_us, -1);
}
END_TEST

/* The golden message of `type` with the time at the end of its fields. */
static int decode_with_time(enum wire_type type, size_t field, int64_t us)
{
	struct wire_message m;
	size_t n = lay_down(type);

	put32(WIRE_HEAD_SIZE + field, (uint32_t)((uint64_t)us >> 32));
	put32(WIRE_HEAD_SIZE + field + 4, (uint32_t)us);
	return wire_decode(&m, bytes, n);
}

START_TEST(dates_of_pictures_are_ones_that_can_be_computed_with)
{
	static const struct {
		enum wire_type type;
		size_t field;
	} rows[] = { { WIRE_PART, 24 }, { WIRE_POSTER, 0 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (int sign = -1; sign <= 1; sign += 2) {
			int64_t most = sign * WIRE_MAX_TIME_US;
			enum wire_type type = rows[i].type;
			size_t field = rows[i].field;

			ck_assert_int_eq(decode_with_time(type, field, most),
					 0);
			ck_assert_int_eq(
				decode_with_time(type, field, most + sign),
				-EMSGSIZE);
		}
}
END_TEST

START_TEST(every_truncation_of_every_message_is_refused)
{
	for (size_t i = 0; i < GOLDEN; i++)
		for (size_t n = 0; n < golden[i].n; n++) {
			struct wire_message m;

			ck_assert_msg(decode_exactly(&m, golden[i].bytes, n) ==
					      -EPROTO,
				      "%s cut to %zu bytes is taken",
				      golden[i].name, n);
		}
}
END_TEST

START_TEST(a_byte_left_over_is_refused)
{
	for (size_t i = 0; i < GOLDEN; i++) {
		size_t n = lay_down(golden[i].message.type);
		struct wire_message m;

		bytes[n] = 0;
		ck_assert_int_eq(wire_decode(&m, bytes, n + 1), -EPROTO);
	}
}
END_TEST

START_TEST(a_head_is_read_as_soon_as_it_is_whole_and_not_before)
{
	for (size_t i = 0; i < GOLDEN; i++) {
		const struct golden *g = &golden[i];
		size_t fixed = g->n - strlen(g->body);
		struct wire_message m;

		for (size_t n = 0; n < fixed; n++)
			ck_assert_int_eq(wire_decode_head(&m, g->bytes, n), 0);
		for (size_t n = fixed; n <= g->n; n++)
			ck_assert_int_eq(wire_decode_head(&m, g->bytes, n),
					 (int)fixed);
		ck_assert_ptr_null(m.body);
		ck_assert_uint_eq(m.body_size, strlen(g->body));
	}
}
END_TEST

START_TEST(every_unknown_type_is_refused)
{
	static const uint8_t known[] = { 1,  2,	 3,  4,	 5,  6, 7,
					 64, 65, 66, 67, 68, 69 };

	for (unsigned int type = 0; type < 256; type++) {
		bool is_known = memchr(known, (int)type, sizeof(known));
		struct wire_message m;
		int err;

		memset(bytes, 0, WIRE_HEAD_SIZE);
		bytes[0] = (uint8_t)type;
		err = wire_decode(&m, bytes, WIRE_HEAD_SIZE);
		ck_assert_msg((err == -ENOTSUP) == !is_known, "type %u: %d",
			      type, err);
		err = wire_decode_head(&m, bytes, WIRE_HEAD_SIZE);
		ck_assert_int_eq(err == -ENOTSUP, !is_known);
		ck_assert_int_eq(strcmp(wire_type_name(type), "unknown") == 0,
				 !is_known);
	}
}
END_TEST

START_TEST(every_undefined_flag_is_refused_and_every_defined_one_taken)
{
	for (size_t i = 0; i < GOLDEN; i++) {
		enum wire_type type = golden[i].message.type;
		unsigned int defined = type == WIRE_PART       ? 0x07
				       : type == WIRE_PLAYLIST ? 0x01
				       : type == WIRE_WELCOME  ? 0x01
							       : 0x00;

		for (unsigned int bit = 0x01; bit < 0x100; bit <<= 1) {
			size_t n = lay_down(type);
			struct wire_message m;
			int err;

			bytes[1] = (uint8_t)bit;
			err = wire_decode(&m, bytes, n);
			ck_assert_int_eq(err, defined & bit ? 0 : -EPROTO);
			if (err == 0)
				ck_assert_uint_eq(m.flags, bit);
		}
	}
}
END_TEST

START_TEST(reserved_bytes_must_be_zero)
{
	for (size_t i = 0; i < GOLDEN; i++)
		for (size_t at = 2; at < 4; at++) {
			size_t n = lay_down(golden[i].message.type);
			struct wire_message m;

			bytes[at] = 1;
			ck_assert_int_eq(wire_decode(&m, bytes, n), -EPROTO);
		}
}
END_TEST

START_TEST(a_size_too_small_for_the_fields_is_refused)
{
	for (size_t i = 0; i < GOLDEN; i++) {
		const struct golden *g = &golden[i];
		size_t fields = g->n - strlen(g->body) - WIRE_HEAD_SIZE;
		struct wire_message m;

		for (uint32_t size = 0; size < fields; size++) {
			lay_down(g->message.type);
			put32(4, size);
			ck_assert_int_eq(wire_decode_head(&m, bytes, g->n),
					 -EPROTO);
		}
	}
}
END_TEST

START_TEST(a_size_of_four_gigabytes_is_refused_before_anything_is_stored)
{
	for (size_t i = 0; i < GOLDEN; i++) {
		size_t n = lay_down(golden[i].message.type);
		struct wire_message m;

		put32(4, UINT32_MAX);
		ck_assert_int_lt(wire_decode_head(&m, bytes, n), 0);
		ck_assert_int_lt(wire_decode_head(&m, bytes, 8), 0);
	}
}
END_TEST

START_TEST(a_body_may_be_as_long_as_its_limit_and_not_one_byte_longer)
{
	static const struct {
		enum wire_type type;
		uint32_t limit;
	} rows[] = {
		{ WIRE_INIT, 65536 },	   { WIRE_PART, 8388608 },
		{ WIRE_PLAYLIST, 262144 }, { WIRE_BYE, 256 },
		{ WIRE_ERROR, 256 },	   { WIRE_POSTER, 262144 },
		{ WIRE_STATUS, 256 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		enum wire_type type = rows[i].type;

		ck_assert_int_eq(decode_with_body(type, rows[i].limit), 0);
		ck_assert_int_eq(decode_with_body(type, rows[i].limit + 1),
				 -EMSGSIZE);
	}
}
END_TEST

START_TEST(messages_without_a_body_refuse_one)
{
	static const enum wire_type types[] = { WIRE_HELLO,  WIRE_WELCOME,
						WIRE_ACK,    WIRE_DRAIN,
						WIRE_DEMAND, WIRE_KEY_FRAME };

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		ck_assert_int_eq(decode_with_body(types[i], 1), -EPROTO);
}
END_TEST

START_TEST(media_and_playlists_are_never_empty_but_texts_may_be)
{
	ck_assert_int_eq(decode_with_body(WIRE_INIT, 0), -EPROTO);
	ck_assert_int_eq(decode_with_body(WIRE_INIT, 1), 0);
	ck_assert_int_eq(decode_with_body(WIRE_PART, 0), -EPROTO);
	ck_assert_int_eq(decode_with_body(WIRE_PART, 1), 0);
	ck_assert_int_eq(decode_with_body(WIRE_PLAYLIST, 0), -EPROTO);
	ck_assert_int_eq(decode_with_body(WIRE_PLAYLIST, 1), 0);
	ck_assert_int_eq(decode_with_body(WIRE_BYE, 0), 0);
	ck_assert_int_eq(decode_with_body(WIRE_ERROR, 0), 0);
}
END_TEST

/* Offsets of 32-bit fields behind the head, counted in the drawing. */
START_TEST(the_largest_position_is_taken_and_the_next_one_refused)
{
	static const struct {
		enum wire_type type;
		size_t msn, part;
	} rows[] = {
		{ WIRE_PART, 4, 8 },
		{ WIRE_PLAYLIST, 16, 20 }, /* hint */
		{ WIRE_WELCOME, 12, 16 },
		{ WIRE_ACK, 0, 4 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		enum wire_type type = rows[i].type;
		size_t msn = rows[i].msn, part = rows[i].part;

		ck_assert_int_eq(decode_with(type, msn, 0x7fffffff), 0);
		ck_assert_int_eq(decode_with(type, msn, 0x80000000), -EMSGSIZE);
		ck_assert_int_eq(decode_with(type, part, 999), 0);
		ck_assert_int_eq(decode_with(type, part, 1000), -EMSGSIZE);
	}
	ck_assert_int_eq(decode_with(WIRE_PLAYLIST, 4, 0x80000000), -EMSGSIZE);
	ck_assert_int_eq(decode_with(WIRE_PLAYLIST, 8, 1000), -EMSGSIZE);
}
END_TEST

START_TEST(target_durations_have_a_limit)
{
	for (size_t field = 24; field <= 28; field += 4) {
		ck_assert_int_eq(decode_with(WIRE_PLAYLIST, field, 60000), 0);
		ck_assert_int_eq(decode_with(WIRE_PLAYLIST, field, 60001),
				 -EMSGSIZE);
	}
}
END_TEST

START_TEST(a_playlist_does_not_begin_behind_its_end)
{
	ck_assert_int_eq(decode_with(WIRE_PLAYLIST, 0, 1234), 0);
	ck_assert_int_eq(decode_with(WIRE_PLAYLIST, 0, 1235), -EPROTO);
}
END_TEST

START_TEST(what_is_hinted_comes_after_what_is_listed)
{
	ck_assert_int_eq(decode_with(WIRE_PLAYLIST, 20, 5), -EPROTO);
	ck_assert_int_eq(decode_with(WIRE_PLAYLIST, 16, 1233), -EPROTO);
	ck_assert_int_eq(decode_with(WIRE_PLAYLIST, 16, 1235), 0);
}
END_TEST

START_TEST(an_ended_playlist_hints_nothing)
{
	size_t n = lay_down(WIRE_PLAYLIST);
	struct wire_message m;

	memset(bytes + WIRE_HEAD_SIZE + 12, 0, 12); /* hint_epoch and hint */
	ck_assert_int_eq(wire_decode(&m, bytes, n), -EPROTO);
	bytes[1] = WIRE_ENDED;
	ck_assert_int_eq(wire_decode(&m, bytes, n), 0);
}
END_TEST

START_TEST(the_two_sizes_of_a_playlist_make_up_its_body)
{
	struct wire_message m;
	size_t n;

	ck_assert_int_eq(decode_with(WIRE_PLAYLIST, 32, 2), -EPROTO);
	ck_assert_int_eq(decode_with(WIRE_PLAYLIST, 32, 4), -EPROTO);
	ck_assert_int_eq(decode_with(WIRE_PLAYLIST, 36, 1), -EPROTO);
	ck_assert_int_eq(decode_with(WIRE_PLAYLIST, 36, 3), -EPROTO);

	/* which is also what these make up in 32 bits */
	n = lay_down(WIRE_PLAYLIST);
	put32(WIRE_HEAD_SIZE + 32, 0xffffffff);
	put32(WIRE_HEAD_SIZE + 36, 6);
	ck_assert_int_eq(wire_decode(&m, bytes, n), -EPROTO);
}
END_TEST

START_TEST(a_playlist_is_never_only_a_delta)
{
	struct wire_message m;
	size_t n = lay_down(WIRE_PLAYLIST);

	put32(WIRE_HEAD_SIZE + 32, 0);
	put32(WIRE_HEAD_SIZE + 36, 5);
	ck_assert_int_eq(wire_decode(&m, bytes, n), -EPROTO);
	put32(WIRE_HEAD_SIZE + 32, 1);
	put32(WIRE_HEAD_SIZE + 36, 4);
	ck_assert_int_eq(wire_decode(&m, bytes, n), 0);
}
END_TEST

START_TEST(a_welcome_that_holds_nothing_says_nothing_of_positions)
{
	struct wire_message m;
	size_t n = lay_down(WIRE_WELCOME);

	put32(WIRE_HEAD_SIZE + 8, 1235); /* first_msn behind last */
	ck_assert_int_eq(wire_decode(&m, bytes, n), -EPROTO);
	bytes[1] = 0;
	ck_assert_int_eq(wire_decode(&m, bytes, n), 0);
	ck_assert_uint_eq(m.welcome.max_segments, 7);
}
END_TEST

START_TEST(positions_are_ordered_by_segment_and_then_by_part)
{
	struct wire_position a = { 5, 3 };

	ck_assert_int_eq(wire_compare(a, (struct wire_position){ 5, 3 }), 0);
	ck_assert_int_lt(wire_compare(a, (struct wire_position){ 5, 4 }), 0);
	ck_assert_int_gt(wire_compare(a, (struct wire_position){ 5, 2 }), 0);
	ck_assert_int_lt(wire_compare(a, (struct wire_position){ 6, 0 }), 0);
	ck_assert_int_gt(wire_compare(a, (struct wire_position){ 4, 9 }), 0);
	ck_assert_int_gt(wire_compare((struct wire_position){ 0xffffffff, 0 },
				      (struct wire_position){ 1, 0 }),
			 0);
}
END_TEST

START_TEST(types_have_names)
{
	for (size_t i = 0; i < GOLDEN; i++)
		ck_assert_str_eq(wire_type_name(golden[i].message.type),
				 golden[i].name);
}
END_TEST

START_TEST(a_message_among_others_has_its_size)
{
	static const uint8_t some[20] = { WIRE_BYE, 0, 0, 0, 0, 0, 0, 2 };
	static const uint8_t huge[8] = { 2, 0, 0, 0, 0xff, 0xff, 0xff, 0xff };

	ck_assert_uint_eq(wire_size(some, 20), 10);
	ck_assert_uint_eq(wire_size(some, 10), 10);
	ck_assert_uint_eq(wire_size(some, 9), 0);
	ck_assert_uint_eq(wire_size(some, 7), 0);
	ck_assert_uint_eq(wire_size(huge, 8), 0);
}
END_TEST

CHECK_MAIN(wire, allocate, release, a_message_among_others_has_its_size,
	   encode_writes_the_bytes_of_the_drawing,
	   decode_reads_the_bytes_of_the_drawing,
	   decode_gives_each_field_its_own_value, times_before_1970_survive,
	   every_truncation_of_every_message_is_refused,
	   a_byte_left_over_is_refused,
	   a_head_is_read_as_soon_as_it_is_whole_and_not_before,
	   every_unknown_type_is_refused,
	   every_undefined_flag_is_refused_and_every_defined_one_taken,
	   reserved_bytes_must_be_zero,
	   a_size_too_small_for_the_fields_is_refused,
	   a_size_of_four_gigabytes_is_refused_before_anything_is_stored,
	   a_body_may_be_as_long_as_its_limit_and_not_one_byte_longer,
	   messages_without_a_body_refuse_one,
	   media_and_playlists_are_never_empty_but_texts_may_be,
	   the_largest_position_is_taken_and_the_next_one_refused,
	   target_durations_have_a_limit,
	   dates_of_pictures_are_ones_that_can_be_computed_with,
	   a_playlist_does_not_begin_behind_its_end,
	   what_is_hinted_comes_after_what_is_listed,
	   an_ended_playlist_hints_nothing,
	   the_two_sizes_of_a_playlist_make_up_its_body,
	   a_playlist_is_never_only_a_delta,
	   a_welcome_that_holds_nothing_says_nothing_of_positions,
	   positions_are_ordered_by_segment_and_then_by_part, types_have_names)
