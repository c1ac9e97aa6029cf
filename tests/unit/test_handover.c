/* SPDX-License-Identifier: MIT */
#include "device/stream/handover.h"

#include <errno.h>

#include "common/log.h"
#include "tests/unit/check_main.h"
#include "tests/unit/said.h"
#include "tests/unit/scratch.h"

#define NOW_US 1795356000000000

static struct handover *handover;
static int wakes;
static char names[16384];

static void wake(void *context)
{
	(void)context;
	wakes++;
}

static int open_at(int64_t now_us, uint32_t epoch, int target_ms)
{
	return handover_open(
		&handover,
		&(struct handover_params){ .window = { .segments = 3,
						       .target_ms = target_ms,
						       .part_target_ms = 210 },
					   .directory = scratch,
					   .epoch = epoch,
					   .first_msn = 500,
					   .now_us = now_us,
					   .wake = wake });
}

static void setup(void)
{
	log_set_level(LOG_ERROR);
	scratch_make();
	wakes = 0;
	ck_assert_int_eq(open_at(NOW_US, 0xa, 2000), 0);
}

static void teardown(void)
{
	handover_close(&handover);
	ck_assert_ptr_null(handover);
	scratch_remove();
}

static uint32_t put_init(void)
{
	uint32_t id;

	ck_assert_int_eq(
		handover_put_init(handover, (const uint8_t *)"i", 1, &id), 0);
	return id;
}

static int put(bool segment, bool last)
{
	return handover_put_part(
		handover,
		&(struct handover_part){ .init = put_init(),
					 .duration_90k = 90000,
					 .start_us = NOW_US,
					 .segment = segment,
					 .independent = segment,
					 .last = last },
		(const uint8_t *)"media", 5);
}

static void put_segments(int count)
{
	for (int i = 0; i < count; i++) {
		ck_assert_int_eq(put(true, false), 0);
		ck_assert_int_eq(put(false, true), 0);
	}
}

static void reopen(int64_t now_us, uint32_t epoch, int target_ms)
{
	handover_close(&handover);
	ck_assert_int_eq(open_at(now_us, epoch, target_ms), 0);
}

static struct playlist_facts playlist(char *text, size_t size)
{
	struct playlist_facts facts = { 0 };
	int n = handover_playlist(
		handover,
		&(struct playlist_params){ .last = { WIRE_MAX_MSN, 0 } }, text,
		size, &facts);

	ck_assert_int_gt(n, 0);
	return facts;
}

START_TEST(a_stream_without_a_past_starts_where_it_is_told)
{
	char text[4096];

	put_segments(1);
	ck_assert_uint_eq(playlist(text, sizeof(text)).first_msn, 500);
	ck_assert_ptr_null(strstr(text, "#EXT-X-DISCONTINUITY\n"));
	ck_assert_int_eq(wakes, 2);
}
END_TEST

START_TEST(the_network_takes_parts_in_order_with_their_bytes)
{
	struct wire_part meta;
	uint8_t flags, bytes[5];
	uint32_t size;

	ck_assert(!handover_next(handover, NULL, &meta, &flags, &size));
	put_segments(1);
	ck_assert(handover_next(handover, NULL, &meta, &flags, &size));
	ck_assert(meta.at.msn == 500 && meta.at.part == 0);
	ck_assert_uint_eq(flags, WIRE_INDEPENDENT);
	ck_assert_uint_eq(size, 5);
	ck_assert_int_eq(handover_read_part(handover, &meta, bytes, 5), 0);
	ck_assert_mem_eq(bytes, "media", 5);
	ck_assert(handover_next(handover, &meta.at, &meta, &flags, &size));
	ck_assert_uint_eq(flags, WIRE_LAST);
	ck_assert(!handover_next(handover, &meta.at, &meta, &flags, &size));
	ck_assert_int_eq(handover_read_init(handover, meta.init, bytes, 5), 1);
	meta.at.part = 7;
	ck_assert_int_eq(handover_read_part(handover, &meta, bytes, 5),
			 -ENOENT);
}
END_TEST

START_TEST(files_are_bounded_by_the_window)
{
	put_segments(100);
	/* 3 listed, 4 for latecomers, 1 not evicted yet; two parts each; and
	   init, journal, playlist */
	ck_assert_int_le(scratch_list(names, sizeof(names)), 8 * 2 + 3);
	ck_assert_ptr_nonnull(strstr(names, "0000000a-599.1.m4s"));
	ck_assert_ptr_null(strstr(names, "0000000a-500.0.m4s"));
}
END_TEST

START_TEST(a_restarted_process_goes_on_behind_the_one_before)
{
	char text[4096];

	put_segments(2);
	put(true, false); /* killed in the middle of a segment */
	reopen(NOW_US + 2000000, 0xb, 2000);
	put(true, false);
	ck_assert_uint_eq(playlist(text, sizeof(text)).first_msn, 500);
	ck_assert_ptr_nonnull(strstr(text, "0000000a-502.m4s\n"
					   "#EXT-X-DISCONTINUITY\n"));
	ck_assert_ptr_nonnull(strstr(text, "0000000b-503.0.m4s"));
}
END_TEST

START_TEST(what_is_older_than_a_playlist_is_not_listed_again)
{
	char text[4096];

	put_segments(2);
	reopen(NOW_US + 8000000, 0xb, 2000);
	put_segments(1);
	ck_assert_uint_eq(playlist(text, sizeof(text)).first_msn, 503);
	ck_assert_ptr_nonnull(strstr(text, "#EXT-X-DISCONTINUITY\n"));
}
END_TEST

START_TEST(a_wall_clock_that_went_back_lists_nothing_old)
{
	char text[4096];

	put_segments(2);
	reopen(NOW_US - 3600000000, 0xb, 2000);
	put_segments(1);
	ck_assert_uint_eq(playlist(text, sizeof(text)).first_msn, 503);
}
END_TEST

START_TEST(other_constants_list_nothing_old_but_go_on_in_number)
{
	char text[4096];

	put_segments(2);
	reopen(NOW_US + 1000000, 0xb, 3000);
	put_segments(1);
	ck_assert_uint_eq(playlist(text, sizeof(text)).first_msn, 503);
}
END_TEST

START_TEST(a_restart_leaves_only_files_that_it_knows)
{
	struct wire_part meta;
	uint8_t flags;
	uint32_t size;
	char path[128];
	FILE *stray;

	put_segments(2);
	snprintf(path, sizeof(path), "%s/0000000a-502.0.m4s", scratch);
	stray = fopen(path, "w");
	ck_assert_ptr_nonnull(stray);
	fclose(stray);
	reopen(NOW_US + 3000000, 0xb, 2000);
	scratch_list(names, sizeof(names));
	ck_assert_ptr_null(strstr(names, "502"));
	ck_assert_ptr_nonnull(strstr(names, "0000000a-501.1.m4s"));
	ck_assert(handover_next(handover, NULL, &meta, &flags, &size));
	ck_assert_uint_eq(meta.at.msn, 500);
}
END_TEST

START_TEST(a_stream_that_is_finished_says_so_and_closes_its_segment)
{
	char text[4096];

	put_segments(1);
	put(true, false); /* a segment that is open */
	ck_assert(!handover_is_finished(handover));
	playlist(text, sizeof(text));
	ck_assert_ptr_null(strstr(text, "-501.m4s"));
	wakes = 0;
	handover_finish(handover);
	ck_assert(handover_is_finished(handover));
	ck_assert_int_eq(wakes, 1);
	scratch_read("index.m3u8", text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "-501.m4s\n#EXT-X-ENDLIST\n"));
	ck_assert_ptr_null(strstr(text, "PRELOAD-HINT"));
	playlist(text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "-501.m4s"));
}
END_TEST

START_TEST(a_relay_that_knows_more_lifts_the_next_segment_above_it)
{
	char text[4096];

	put_segments(2);
	handover_raise(handover, 700, 9);
	put_segments(1);
	ck_assert_uint_eq(playlist(text, sizeof(text)).first_msn, 701);
	ck_assert_ptr_nonnull(strstr(text, "DISCONTINUITY-SEQUENCE:9\n"
					   "#EXT-X-DISCONTINUITY\n"));
}
END_TEST

START_TEST(a_relay_that_knows_more_of_a_new_stream_breaks_with_it_too)
{
	char text[4096];

	handover_raise(handover, 700, 0);
	put_segments(1);
	playlist(text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "MEDIA-SEQUENCE:701\n"));
	ck_assert_ptr_nonnull(strstr(text, "#EXT-X-DISCONTINUITY\n"));
}
END_TEST

START_TEST(what_goes_above_a_relay_begins_with_a_key_frame)
{
	struct wire_part meta;
	char text[4096];
	uint8_t flags;
	uint32_t size;

	put(true, false);
	ck_assert(!handover_wants_key(handover));
	handover_raise(handover, 501, 9);
	ck_assert(handover_wants_key(handover));
	ck_assert_int_eq(put(false, false), -EAGAIN);
	ck_assert_int_eq(put(false, true), -EAGAIN);
	ck_assert(handover_wants_key(handover));
	put_segments(1);
	ck_assert(!handover_wants_key(handover));
	ck_assert_uint_eq(playlist(text, sizeof(text)).first_msn, 502);
	ck_assert_ptr_nonnull(strstr(text, "DISCONTINUITY-SEQUENCE:9\n"));
	ck_assert(handover_next(handover, &(struct wire_position){ 500, 9 },
				&meta, &flags, &size));
	ck_assert(meta.at.msn == 502 && meta.at.part == 0);
	ck_assert(flags & WIRE_INDEPENDENT);
}
END_TEST

/* Puts parts of a second that are left out; returns what was said of it. */
static const char *leave_out(int parts)
{
	static struct said said;

	said_begin(&said, STDERR_FILENO);
	for (int i = 0; i < parts; i++)
		ck_assert_int_eq(put(false, false), -EAGAIN);
	said_end(&said);
	return said.text;
}

START_TEST(a_key_frame_that_does_not_come_is_told_once)
{
	struct said said;

	log_set_level(LOG_WARN);
	put(true, false);
	handover_raise(handover, 501, 9);
	ck_assert_str_eq(leave_out(5), "");
	ck_assert_ptr_nonnull(strstr(leave_out(1), "waiting for a key frame"));
	ck_assert_str_eq(leave_out(24), "");
	said_begin(&said, STDERR_FILENO);
	ck_assert_int_eq(put(false, false), 0);
	said_end(&said);
	ck_assert_ptr_nonnull(strstr(said.text, "no key frame in 30 s"));
	ck_assert_ptr_null(strstr(said.text, "waiting"));
}
END_TEST

START_TEST(a_key_frame_that_never_comes_is_not_waited_for_for_ever)
{
	struct wire_position last;
	uint32_t first;

	put(true, false);
	handover_raise(handover, 501, 9);
	leave_out(30);
	ck_assert_int_eq(put(false, false), 0);
	ck_assert_int_eq(put(false, false), 0);
	ck_assert(handover_range(handover, &first, &last));
	ck_assert_uint_eq(first, 502);
	ck_assert(last.msn == 502 && last.part == 1);
	handover_raise(handover, 700, 9); /* and it is counted anew */
	ck_assert_int_eq(put(false, false), -EAGAIN);
}
END_TEST

START_TEST(a_relay_that_knows_less_or_lies_changes_nothing)
{
	char text[4096];

	put_segments(2);
	handover_raise(handover, 501, 9);
	put_segments(1);
	handover_raise(handover, WIRE_MAX_MSN, 9);
	put_segments(1);
	ck_assert_uint_eq(playlist(text, sizeof(text)).first_msn, 501);
	ck_assert_ptr_null(strstr(text, "#EXT-X-DISCONTINUITY\n"));
}
END_TEST

/* The first listed segment, or 0. */
static uint32_t first_listed(void)
{
	struct wire_position last;
	uint32_t first;

	return handover_range(handover, &first, &last) ? first : 0;
}

START_TEST(what_was_there_before_a_rest_is_not_found_any_more)
{
	struct playlist_facts facts;
	struct wire_part meta;
	char text[8192];
	uint8_t flags;
	uint32_t size;

	put_segments(3);
	ck_assert_uint_eq(first_listed(), 500);
	handover_renew(handover);
	ck_assert_uint_eq(first_listed(), 0);
	ck_assert(!handover_next(handover, NULL, &meta, &flags, &size));
	put_segments(2);
	ck_assert_uint_eq(first_listed(), 505);
	ck_assert(handover_next(handover, NULL, &meta, &flags, &size));
	ck_assert_uint_eq(meta.at.msn, 505);
	ck_assert(flags & WIRE_DISCONTINUITY);
	facts = playlist(text, sizeof(text));
	ck_assert_uint_eq(facts.first_msn, 505);
}
END_TEST

START_TEST(a_relay_that_remembers_does_not_undo_a_renewal)
{
	put_segments(3);
	handover_renew(handover);
	handover_raise(handover, 502, 7);
	put_segments(1);
	ck_assert_uint_eq(first_listed(), 505);
	handover_renew(handover);
	handover_raise(handover, 900, 7);
	put_segments(1);
	ck_assert_uint_eq(first_listed(), 901);
}
END_TEST

START_TEST(before_there_is_anything_nothing_is_renewed)
{
	handover_renew(handover);
	put_segments(1);
	ck_assert_uint_eq(first_listed(), 500);
}
END_TEST

START_TEST(a_lost_part_makes_a_gap_and_then_a_discontinuity)
{
	static const uint8_t big[1];
	char text[4096];

	put_segments(1);
	put(true, false);
	ck_assert_int_eq(handover_put_part(handover,
					   &(struct handover_part){ 0 }, big,
					   WIRE_MAX_PART + 1u),
			 -EMSGSIZE);
	ck_assert(handover_wants_key(handover));
	ck_assert_int_eq(put(false, false), -EAGAIN);
	ck_assert_int_eq(put(true, false), 0);
	ck_assert(!handover_wants_key(handover));
	playlist(text, sizeof(text));
	ck_assert_ptr_nonnull(
		strstr(text, "0000000a-501.m4s\n#EXT-X-DISCONTINUITY\n"));
}
END_TEST

START_TEST(a_segment_ended_afterwards_is_closed_in_the_list)
{
	char text[4096];

	put(true, false);
	handover_end_segment(handover);
	playlist(text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "#EXTINF:1.00000,"));
}
END_TEST

START_TEST(the_range_is_what_is_listed)
{
	struct wire_position last;
	uint32_t first;

	ck_assert(!handover_range(handover, &first, &last));
	put_segments(5);
	put(true, false);
	ck_assert(handover_range(handover, &first, &last));
	ck_assert_uint_eq(first, 502);
	ck_assert(last.msn == 505 && last.part == 0);
}
END_TEST

START_TEST(the_relays_clock_is_what_was_told_last)
{
	int64_t offset_us;

	ck_assert(!handover_clock(handover, &offset_us));
	handover_set_clock(handover, 7);
	handover_set_clock(handover, -8);
	ck_assert(handover_clock(handover, &offset_us));
	ck_assert_int_eq(offset_us, -8);
}
END_TEST

CHECK_MAIN(handover, setup, teardown, the_relays_clock_is_what_was_told_last,
	   a_stream_without_a_past_starts_where_it_is_told,
	   the_network_takes_parts_in_order_with_their_bytes,
	   files_are_bounded_by_the_window,
	   a_restarted_process_goes_on_behind_the_one_before,
	   what_is_older_than_a_playlist_is_not_listed_again,
	   a_wall_clock_that_went_back_lists_nothing_old,
	   other_constants_list_nothing_old_but_go_on_in_number,
	   a_restart_leaves_only_files_that_it_knows,
	   a_stream_that_is_finished_says_so_and_closes_its_segment,
	   a_relay_that_knows_more_lifts_the_next_segment_above_it,
	   a_relay_that_knows_more_of_a_new_stream_breaks_with_it_too,
	   what_goes_above_a_relay_begins_with_a_key_frame,
	   a_key_frame_that_does_not_come_is_told_once,
	   a_key_frame_that_never_comes_is_not_waited_for_for_ever,
	   a_relay_that_knows_less_or_lies_changes_nothing,
	   what_was_there_before_a_rest_is_not_found_any_more,
	   a_relay_that_remembers_does_not_undo_a_renewal,
	   before_there_is_anything_nothing_is_renewed,
	   a_lost_part_makes_a_gap_and_then_a_discontinuity,
	   a_segment_ended_afterwards_is_closed_in_the_list,
	   the_range_is_what_is_listed)
