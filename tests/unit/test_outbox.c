/* SPDX-License-Identifier: MIT */
#include "device/uplink/outbox.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/check_main.h"
#include "tests/unit/fake_handover.h"

static struct outbox *outbox;
static struct handover *handover;

static void setup(void)
{
	handover = fake_open();
	ck_assert_int_eq(outbox_open(&outbox), 0);
}

static void teardown(void)
{
	outbox_close(&outbox);
	fake_close(&handover);
}

static uint8_t message[WIRE_MAX_FIXED + WIRE_MAX_PART];

/* Takes all pieces, spoils what may be spoilt, and decodes the whole. */
static struct wire_message take(size_t most, unsigned int *pieces)
{
	struct wire_message m;
	size_t whole = outbox_size(outbox), n = 0, size;
	bool first, last = false;
	uint8_t *piece;

	*pieces = 0;
	while ((piece = outbox_take(outbox, most, &size, &first, &last))) {
		ck_assert_int_eq(first, n == 0);
		ck_assert_uint_le(size, most);
		memset(piece - OUTBOX_HEADROOM, 0xee, OUTBOX_HEADROOM);
		memcpy(message + n, piece, size);
		memset(piece, 0xee, size);
		n += size;
		(*pieces)++;
		ck_assert_int_eq(last, n == whole);
		ck_assert_uint_eq(outbox_size(outbox), last ? 0 : whole);
	}
	ck_assert_int_eq(wire_decode(&m, message, n), 0);
	return m;
}

static void add(uint32_t msn, uint32_t parts, uint32_t size)
{
	fake_add(handover, (struct fake_segment){ .msn = msn,
						  .parts = parts,
						  .init = 7,
						  .size = size,
						  .open = true });
}

static int put_part(uint32_t msn, uint32_t part, uint32_t size)
{
	struct wire_part meta = { .epoch = 3,
				  .at = { msn, part },
				  .init = 7,
				  .duration_90k = 60000,
				  .start_us = -1 };

	return outbox_put_part(outbox, handover, &meta, WIRE_INDEPENDENT, size);
}

START_TEST(a_new_outbox_is_empty)
{
	size_t size;
	bool first, last;

	ck_assert_uint_eq(outbox_size(outbox), 0);
	ck_assert_ptr_null(outbox_take(outbox, 10, &size, &first, &last));
}
END_TEST

START_TEST(hello_bye_and_status_come_out_as_they_went_in)
{
	struct wire_hello hello = { .process = 0x0102030405060708,
				    .clock_us = -5 };
	struct wire_message m;
	unsigned int pieces;

	ck_assert_int_eq(outbox_put_hello(outbox, &hello), 0);
	ck_assert_int_eq(outbox_type(outbox), WIRE_HELLO);
	m = take(1000, &pieces);
	ck_assert_int_eq(m.type, WIRE_HELLO);
	ck_assert_uint_eq(m.hello.process, hello.process);
	ck_assert_int_eq(m.hello.clock_us, -5);
	ck_assert_uint_eq(pieces, 1);

	ck_assert_int_eq(outbox_put_bye(outbox, "off"), 0);
	m = take(1000, &pieces);
	ck_assert_int_eq(m.type, WIRE_BYE);
	ck_assert_uint_eq(m.body_size, 3);
	ck_assert_mem_eq(m.body, "off", 3);

	ck_assert_int_eq(
		outbox_put_status(outbox,
				  &(struct wire_status){ .mode = WIRE_QUIET,
							 .bitrate = 5 },
				  "why"),
		0);
	m = take(1000, &pieces);
	ck_assert_int_eq(m.type, WIRE_STATUS);
	ck_assert_uint_eq(m.status.mode, WIRE_QUIET);
	ck_assert_uint_eq(m.status.bitrate, 5);
	ck_assert_uint_eq(m.body_size, 3);
}
END_TEST

START_TEST(an_init_is_read_from_the_handover)
{
	struct wire_message m;
	unsigned int pieces;

	ck_assert_int_eq(outbox_put_init(outbox, handover, 7), 0);
	m = take(1000, &pieces);
	ck_assert_int_eq(m.type, WIRE_INIT);
	ck_assert_uint_eq(m.init.id, 7);
	ck_assert_uint_eq(m.body_size, 50);
	ck_assert_uint_eq(m.body[49], 7);
}
END_TEST

/* Boundaries of pieces, and of the buffer's first size. */
START_TEST(parts_of_any_size_leave_in_pieces_and_arrive_whole)
{
	static const uint32_t sizes[] = {
		1,     47,     48, 49,	  65000,   65456,	 65457,
		65536, 200000, 1,  70000, 1 << 20, WIRE_MAX_PART
	};
	static const size_t mosts[] = { 64, 65536, 1 << 24 };

	for (uint32_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		add(i, 1, sizes[i]);
		for (size_t k = 0; k < 3; k++) {
			struct wire_message m;
			unsigned int pieces;
			size_t whole;

			ck_assert_int_eq(put_part(i, 0, sizes[i]), 0);
			whole = outbox_size(outbox);
			m = take(mosts[k], &pieces);
			ck_assert_uint_eq(pieces,
					  (whole + mosts[k] - 1) / mosts[k]);
			ck_assert_int_eq(m.type, WIRE_PART);
			ck_assert_int_eq(m.flags, WIRE_INDEPENDENT);
			ck_assert_uint_eq(m.part.at.msn, i);
			ck_assert_uint_eq(m.body_size, sizes[i]);
			ck_assert_uint_eq(m.body[0], i);
			ck_assert_uint_eq(m.body[sizes[i] - 1], i);
		}
	}
}
END_TEST

START_TEST(a_playlist_says_what_its_text_says)
{
	struct playlist_params params = { .first_msn = 4, .last = { 6, 1 } };
	struct wire_message m;
	unsigned int pieces;

	add(3, 3, 0);
	add(4, 3, 0);
	add(6, 3, 0);
	ck_assert_int_eq(outbox_put_playlist(outbox, handover, &params), 0);
	m = take(1000, &pieces);
	ck_assert_int_eq(m.type, WIRE_PLAYLIST);
	ck_assert_int_eq(m.flags, 0);
	ck_assert_uint_eq(m.playlist.first_msn, 4);
	ck_assert_uint_eq(m.playlist.last.msn, 6);
	ck_assert_uint_eq(m.playlist.last.part, 1);
	ck_assert_uint_eq(m.playlist.hint.part, 2);
	ck_assert_uint_eq(m.playlist.hint_epoch, 0xe0e0e0e0);
	ck_assert_uint_eq(m.playlist.target_ms, 2000);
	ck_assert_uint_eq(m.playlist.part_target_ms, 700);
	ck_assert_uint_eq(m.playlist.gzip_size, m.body_size);
	ck_assert_uint_eq(m.playlist.delta_size, 0);
	ck_assert_uint_eq(m.body[0], 0x1f); /* RFC 1952 2.3.1 */
	ck_assert_uint_eq(m.body[1], 0x8b);
}
END_TEST

START_TEST(an_ended_playlist_is_marked)
{
	struct playlist_params params = { .last = { 6, 0 }, .ended = true };
	unsigned int pieces;

	add(6, 1, 0);
	ck_assert_int_eq(outbox_put_playlist(outbox, handover, &params), 0);
	ck_assert_int_eq(take(1000, &pieces).flags, WIRE_ENDED);
}
END_TEST

START_TEST(what_cannot_be_had_leaves_the_outbox_empty)
{
	struct playlist_params params = { .first_msn = 9, .last = { 9, 0 } };

	add(6, 2, 100);
	fake_lose_part(handover, 6, 0);
	fake_lose_init(handover, 8);
	ck_assert_int_eq(put_part(6, 0, 100), -ENOENT);
	ck_assert_int_eq(put_part(5, 0, 100), -ENOENT);
	ck_assert_int_eq(put_part(6, 1, 0), -EMSGSIZE);
	ck_assert_int_eq(put_part(6, 1, WIRE_MAX_PART + 1), -EMSGSIZE);
	ck_assert_int_eq(outbox_put_init(outbox, handover, 8), -ENOENT);
	ck_assert_int_eq(outbox_put_playlist(outbox, handover, &params),
			 -ENODATA);
	ck_assert_uint_eq(outbox_size(outbox), 0);
	ck_assert_int_eq(put_part(6, 1, 100), 0);
}
END_TEST

START_TEST(close_takes_null_and_drops_what_is_in_there)
{
	ck_assert_int_eq(outbox_put_bye(outbox, ""), 0);
	outbox_close(&outbox);
	ck_assert_ptr_null(outbox);
	outbox_close(&outbox);
}
END_TEST

CHECK_MAIN(outbox, setup, teardown, a_new_outbox_is_empty,
	   hello_bye_and_status_come_out_as_they_went_in,
	   an_init_is_read_from_the_handover,
	   parts_of_any_size_leave_in_pieces_and_arrive_whole,
	   a_playlist_says_what_its_text_says, an_ended_playlist_is_marked,
	   what_cannot_be_had_leaves_the_outbox_empty,
	   close_takes_null_and_drops_what_is_in_there)
