/* SPDX-License-Identifier: MIT */
/* With a packager and a handover that only note what they are told. */
#include "device/media/parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "device/stream/packager.h"
#include "tests/unit/check_main.h"

#define FRAME	 3000 /* 30 a second */
#define MOST	 64
#define MINUTE	 INT64_C(60000000)
#define SPS	 0, 0, 0, 1, 0x67, 0x64, 0x00, 0x0a
#define OTHER	 0, 0, 0, 1, 0x67, 0x64, 0x00, 0x0b
#define PPS	 0, 0, 0, 1, 0x68, 0xef, 0x83
#define IDR	 0, 0, 0, 1, 0x65, 0x88
#define NEAR(us) ((us) > -MINUTE && (us) < MINUTE)

static const uint8_t key[] = { SPS, PPS, IDR };
static const uint8_t other_key[] = { OTHER, PPS, IDR };
static const uint8_t bare_key[] = { IDR };
static const uint8_t delta[] = { 0, 0, 0, 1, 0x41, 0x9a };

/* What the packager was told. */
struct packager {
	int unused;
};

static struct packager packager;
static int opened, closed, added, add_err, open_err;

int packager_open(struct packager **out, const struct h264_parameter_sets *sets)
{
	ck_assert(sets->sps_size && sets->pps_size);
	*out = open_err ? NULL : &packager;
	opened += !open_err;
	return open_err;
}

const uint8_t *packager_init(const struct packager *p, size_t *size)
{
	(void)p;
	*size = sizeof(key);
	return key;
}

int packager_add(struct packager *p, const struct access_unit *unit,
		 int64_t dts_90k)
{
	(void)p;
	(void)unit;
	(void)dts_90k;
	added += !add_err;
	return add_err;
}

int packager_cut(struct packager *p, int64_t end_90k, const uint8_t **bytes,
		 size_t *size)
{
	(void)p;
	(void)end_90k;
	*bytes = key;
	*size = sizeof(key);
	return 0;
}

void packager_close(struct packager **p)
{
	closed += *p != NULL;
	*p = NULL;
}

/* What the handover was told. */
struct handover {
	struct handover_part part[MOST];
	int parts, ended, inits, init_err;
	bool has_clock, wants_key;
	int64_t offset_us;
};

static struct handover handover;

int handover_put_init(struct handover *h, const uint8_t *bytes, size_t size,
		      uint32_t *id)
{
	(void)bytes;
	(void)size;
	if (h->init_err)
		return h->init_err;
	*id = (uint32_t)++h->inits;
	return 0;
}

int handover_put_part(struct handover *h, const struct handover_part *part,
		      const uint8_t *bytes, size_t size)
{
	(void)bytes;
	(void)size;
	ck_assert_int_lt(h->parts, MOST);
	h->part[h->parts++] = *part;
	return 0;
}

bool handover_wants_key(struct handover *h)
{
	return h->wants_key;
}

void handover_end_segment(struct handover *h)
{
	h->ended++;
}

bool handover_clock(struct handover *h, int64_t *offset_us)
{
	*offset_us = h->offset_us;
	return h->has_clock;
}

static struct parts *parts;
static int64_t now_90k;

static void begin(int segment_90k)
{
	ck_assert_int_eq(parts_open(&parts,
				    &(struct cutter_params){
					    .part_target_90k = 9000,
					    .segment_90k = segment_90k,
					    .target_90k = segment_90k + 153000,
					    .frame_90k = FRAME,
					    .keys_at_once = true,
					    .keys_asked = true,
				    }),
			 0);
	parts_begin(parts, &handover);
}

static void setup(void)
{
	log_set_level((enum log_level)0);
	memset(&handover, 0, sizeof(handover));
	opened = closed = added = add_err = open_err = 0;
	now_90k = 900000;
	begin(27000);
}

static void teardown(void)
{
	parts_close(&parts);
	ck_assert_ptr_null(parts);
	ck_assert_int_eq(opened, closed);
}

static int add(const uint8_t *bytes, size_t size, bool is_key)
{
	int64_t at = now_90k;

	now_90k += FRAME;
	return parts_add(parts, &(struct access_unit){ .bytes = bytes,
						       .size = size,
						       .dts_90k = at,
						       .pts_90k = at,
						       .key = is_key });
}

static int add_key(void)
{
	return add(key, sizeof(key), true);
}

static int add_delta(void)
{
	return add(delta, sizeof(delta), false);
}

/* Whole segments, as an encoder gives them that is asked for keys. */
static void add_frames(int n)
{
	for (int i = 0; i < n; i++)
		ck_assert_int_eq(parts_want_key(parts, now_90k) ? add_key()
								: add_delta(),
				 1);
}

START_TEST(a_stream_begins_with_a_key_frame_and_its_sets)
{
	ck_assert(parts_want_key(parts, now_90k));
	ck_assert_int_eq(add_delta(), 0);
	ck_assert_int_eq(add(bare_key, sizeof(bare_key), true), 0);
	ck_assert_int_eq(opened, 0);
	ck_assert_int_eq(add_key(), 1);
	ck_assert_int_eq(opened, 1);
	ck_assert_int_eq(handover.inits, 1);
	ck_assert_int_eq(add_delta(), 1);
	ck_assert_int_eq(added, 2);
	ck_assert_uint_eq(parts_counters(parts)->frames, 2);
	ck_assert_uint_eq(parts_counters(parts)->h264_bytes,
			  sizeof(key) + sizeof(delta));
	ck_assert_uint_eq(parts_sets(parts)->sps_size, 4);
}
END_TEST

START_TEST(parts_say_what_they_are_and_when_they_were_taken)
{
	handover.has_clock = true;
	handover.offset_us = 5000 * MINUTE;
	add_frames(20);
	ck_assert_int_ge(handover.parts, 5);
	ck_assert(handover.part[0].segment && handover.part[0].independent);
	ck_assert(!handover.part[1].segment);
	ck_assert(!handover.part[1].discontinuity);
	ck_assert(handover.part[2].last && handover.part[3].segment);
	ck_assert(!handover.part[3].discontinuity);
	ck_assert_uint_eq(handover.part[0].init, 1);
	ck_assert_uint_eq(handover.part[0].duration_90k, 3 * FRAME);
	ck_assert_int_eq(handover.part[1].start_us - handover.part[0].start_us,
			 100000);
	ck_assert_uint_eq(parts_counters(parts)->parts,
			  (uint64_t)handover.parts);
}
END_TEST

START_TEST(after_a_pause_comes_a_discontinuity_with_a_key_frame)
{
	int before;

	add_frames(7); /* in the middle of a part */
	before = handover.parts;
	parts_pause(parts);
	ck_assert_int_eq(handover.parts, before + 1);
	ck_assert(handover.part[before].last);
	parts_pause(parts); /* nothing is open any more */
	ck_assert_int_eq(handover.parts, before + 1);
	ck_assert(parts_want_key(parts, now_90k));
	ck_assert_int_eq(add_delta(), 0);
	now_90k += 90000 * 600;
	add_frames(4);
	ck_assert(handover.part[before + 1].discontinuity);
	/* and its date is that of now, whatever media time does */
	ck_assert(NEAR(handover.part[before + 1].start_us -
		       handover.part[before].start_us));
	ck_assert(handover.part[before + 1].segment);
	ck_assert_int_eq(opened, 1); /* the sets are the same */
}
END_TEST

START_TEST(a_key_frame_is_wanted_where_the_handover_waits_for_one)
{
	add_frames(5);
	ck_assert(!parts_want_key(parts, now_90k));
	handover.wants_key = true;
	handover.parts = 0;
	add_frames(1); /* in the middle of a segment: with a part of its own */
	ck_assert(!parts_want_key(parts, now_90k)); /* it is on its way */
	add_frames(5);
	ck_assert(!handover.part[0].independent);
	ck_assert(handover.part[1].independent);
}
END_TEST

/* In three seconds. */
static int count_keys(void)
{
	int keys = 0;

	handover.parts = 0;
	for (int i = 0; i < 90; i++) {
		bool is_key = parts_want_key(parts, now_90k);

		ck_assert_int_eq(is_key ? add_key() : add_delta(), 1);
		keys += is_key;
	}
	return keys;
}

START_TEST(a_handover_that_can_store_nothing_gets_a_key_frame_a_second)
{
	parts_close(&parts);
	begin(900000); /* which has none of its own in that time */
	ck_assert_int_eq(count_keys(), 1);
	handover.wants_key = true;
	ck_assert_int_eq(count_keys(), 3);
	now_90k -= 900000; /* as from a file that begins again */
	ck_assert(parts_want_key(parts, now_90k));
	handover.wants_key = false;
	ck_assert_int_eq(count_keys(), 1); /* it jumps */
	handover.wants_key = true;
	ck_assert_int_eq(count_keys(), 3);
}
END_TEST

START_TEST(a_pause_between_two_parts_ends_the_segment)
{
	add_frames(6);
	ck_assert_int_eq(handover.parts, 2);
	ck_assert(!handover.part[1].last);
	ck_assert_int_eq(handover.ended, 0);
	parts_pause(parts);
	ck_assert_int_eq(handover.parts, 2);
	ck_assert_int_eq(handover.ended, 1);
}
END_TEST

START_TEST(other_sets_are_another_init_and_a_discontinuity)
{
	int before;

	add_frames(4);
	before = handover.parts;
	ck_assert_int_eq(add(other_key, sizeof(other_key), true), 1);
	add_frames(3);
	ck_assert_int_eq(opened, 2);
	ck_assert_int_eq(handover.inits, 2);
	/* what was open has ended, and is of the init before */
	ck_assert_uint_eq(handover.part[before].init, 1);
	ck_assert_uint_eq(handover.part[before + 1].init, 2);
	ck_assert(handover.part[before + 1].discontinuity);
}
END_TEST

START_TEST(a_clock_that_is_set_makes_a_discontinuity_at_the_next_segment)
{
	int i, jumps = 0;

	handover.has_clock = true;
	add_frames(12);
	handover.offset_us = 5000 * MINUTE;
	add_frames(24);
	for (i = 1; i < handover.parts; i++) {
		if (!handover.part[i].discontinuity)
			continue;
		jumps++;
		ck_assert(handover.part[i].segment);
		ck_assert(NEAR(handover.part[i].start_us -
			       handover.part[i - 1].start_us - 5000 * MINUTE));
	}
	ck_assert_int_eq(jumps, 1);
}
END_TEST

START_TEST(until_a_relay_tells_the_clock_is_our_own)
{
	int64_t own = parts_clock_offset_us(parts);

	ck_assert_int_gt(own, 0);
	handover.has_clock = true;
	handover.offset_us = 7;
	ck_assert_int_eq(parts_clock_offset_us(parts), 7);
}
END_TEST

START_TEST(what_cannot_be_packaged_is_an_error_and_tried_again)
{
	open_err = -ENOMEM;
	ck_assert_int_eq(add_key(), -ENOMEM);
	open_err = 0;
	handover.init_err = -ENOSPC;
	ck_assert_int_eq(add_key(), -ENOSPC);
	ck_assert_int_eq(opened, closed); /* so that it is made anew */
	handover.init_err = 0;
	add_err = -EINVAL;
	ck_assert_int_eq(add_key(), -EINVAL);
	add_err = 0;
	ck_assert_int_eq(add_key(), 1);
	ck_assert_uint_eq(parts_counters(parts)->frames, 1);
}
END_TEST

START_TEST(sets_beyond_the_limit_are_refused)
{
	static uint8_t huge[H264_MAX_PARAMETER_SET + 100] = { SPS };

	memset(huge + 8, 0x55, sizeof(huge) - 8);
	ck_assert_int_eq(add(huge, sizeof(huge), true), -EMSGSIZE);
	ck_assert_int_eq(added, 0);
}
END_TEST

CHECK_MAIN(parts, setup, teardown,
	   a_stream_begins_with_a_key_frame_and_its_sets,
	   parts_say_what_they_are_and_when_they_were_taken,
	   after_a_pause_comes_a_discontinuity_with_a_key_frame,
	   a_key_frame_is_wanted_where_the_handover_waits_for_one,
	   a_handover_that_can_store_nothing_gets_a_key_frame_a_second,
	   a_pause_between_two_parts_ends_the_segment,
	   other_sets_are_another_init_and_a_discontinuity,
	   a_clock_that_is_set_makes_a_discontinuity_at_the_next_segment,
	   until_a_relay_tells_the_clock_is_our_own,
	   what_cannot_be_packaged_is_an_error_and_tried_again,
	   sets_beyond_the_limit_are_refused)
