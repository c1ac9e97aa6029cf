/* SPDX-License-Identifier: MIT */
#include "cloud/store/camera.h"

#include <errno.h>

#include "cloud/store/audience.h"
#include "tests/unit/check_main.h"
#include "tests/unit/relay_stream.h"

#define MAX_WINDOW 5
#define SECOND	   1000000

static struct camera *camera;

static void setup(void)
{
	ck_assert_int_eq(camera_open(&camera, "porch", MAX_WINDOW), 0);
	put_init(camera, INIT);
}

static void teardown(void)
{
	camera_close(&camera);
	ck_assert_ptr_null(camera);
}

/* What a viewer gets: the body, or a word for why not. */
static const char *get(struct name name)
{
	static char text[256];
	struct reply *r;
	size_t n;

	switch (camera_find(camera, &name, &r)) {
	case CAMERA_COMING:
		ck_assert_ptr_null(r);
		return "coming";
	case CAMERA_WITHDRAWN:
		ck_assert_ptr_null(r);
		return "withdrawn";
	case CAMERA_UNKNOWN:
		ck_assert_ptr_null(r);
		return "unknown";
	case CAMERA_NO_MEMORY:
		return "no memory";
	case CAMERA_HELD:
		break;
	}
	n = reply_copy(r, r->head_size, (uint8_t *)text, sizeof(text) - 1);
	text[n] = '\0';
	return text;
}

static const char *get_part(uint32_t msn, uint32_t part)
{
	return get((struct name){ NAME_PART, EPOCH, { msn, part } });
}

static const char *get_segment(uint32_t msn)
{
	return get((struct name){ NAME_SEGMENT, EPOCH, { msn, 0 } });
}

static const char *get_init(uint32_t id)
{
	return get((struct name){ NAME_INIT, id, { 0, 0 } });
}

START_TEST(a_part_is_found_by_its_place_and_epoch)
{
	ck_assert_int_eq(put_part(camera, 10, 0, 0), 0);
	ck_assert_int_eq(put_part(camera, 10, 1, 0), 0);
	ck_assert_str_eq(get_part(10, 0), "10.0 ");
	ck_assert_str_eq(get_part(10, 1), "10.1 ");
	ck_assert_str_eq(get_part(9, 0), "unknown");
	ck_assert_str_eq(get((struct name){ NAME_PART, EPOCH + 1, { 10, 0 } }),
			 "unknown");
}
END_TEST

START_TEST(a_segment_is_its_parts_once_the_last_has_come)
{
	put_part(camera, 10, 0, 0);
	put_part(camera, 10, 1, 0);
	ck_assert_str_eq(get_segment(10), "coming");
	put_part(camera, 10, 2, WIRE_LAST);
	ck_assert_str_eq(get_segment(10), "10.0 10.1 10.2 ");
	ck_assert_str_eq(get_segment(10), "10.0 10.1 10.2 ");
	ck_assert_str_eq(get_segment(9), "unknown");
	ck_assert_str_eq(get_segment(11), "unknown");
	ck_assert_str_eq(
		get((struct name){ NAME_SEGMENT, EPOCH + 1, { 10, 0 } }),
		"unknown");
}
END_TEST

START_TEST(a_segment_stores_no_byte_of_its_parts_twice)
{
	struct name name = { NAME_SEGMENT, EPOCH, { 10, 0 } };
	size_t before;
	struct reply *r;

	put_segments(camera, 10, 10);
	before = camera_bytes(camera);
	ck_assert_int_eq(camera_find(camera, &name, &r), CAMERA_HELD);
	ck_assert_uint_eq(r->pieces, 3);
	ck_assert_uint_eq(camera_bytes(camera), before + r->memory);
}
END_TEST

START_TEST(a_part_of_the_next_segment_completes_one)
{
	put_part(camera, 10, 0, 0);
	put_part(camera, 11, 0, 0);
	ck_assert_str_eq(get_segment(10), "10.0 ");
	ck_assert_int_eq(put_part(camera, 10, 1, 0), -EINVAL);
}
END_TEST

START_TEST(a_playlist_that_hints_at_the_next_segment_completes_one)
{
	put_part(camera, 10, 0, 0);
	put_wire_playlist(camera, list_of(10, 10, 0, 10, 1), 0, "", 0);
	ck_assert_str_eq(get_segment(10), "coming");
	put_wire_playlist(camera, list_of(10, 10, 0, 11, 0), 0, "", 0);
	ck_assert_str_eq(get_segment(10), "10.0 ");
}
END_TEST

START_TEST(the_end_of_the_stream_completes_the_last_segment)
{
	put_part(camera, 10, 0, 0);
	put_wire_playlist(camera, list_of(10, 10, 0, 0, 0), WIRE_ENDED, "", 0);
	ck_assert_str_eq(get_segment(10), "10.0 ");
	ck_assert_str_eq(get_part(10, 1), "withdrawn");
	ck_assert_str_eq(get_part(10, 2), "unknown");
}
END_TEST

START_TEST(what_follows_the_newest_part_is_coming)
{
	ck_assert_str_eq(get_part(10, 0), "unknown");
	put_part(camera, 10, 0, 0);
	ck_assert_str_eq(get_part(10, 1), "coming");
	ck_assert_str_eq(get_part(10, 2), "unknown");
	ck_assert_str_eq(get_part(11, 0), "coming");
	ck_assert_str_eq(get_part(11, 1), "unknown");
	ck_assert_str_eq(get_part(12, 0), "unknown");
	put_part(camera, 10, 1, WIRE_LAST);
	ck_assert_str_eq(get_part(10, 2), "withdrawn");
	ck_assert_str_eq(get_part(11, 0), "coming");
}
END_TEST

START_TEST(what_follows_is_coming_in_its_own_epoch_only)
{
	put_part(camera, 10, 0, 0);
	ck_assert_str_eq(get((struct name){ NAME_PART, EPOCH + 1, { 10, 1 } }),
			 "unknown");
	ck_assert_str_eq(get((struct name){ NAME_PART, EPOCH + 1, { 11, 0 } }),
			 "unknown");
}
END_TEST

START_TEST(a_hinted_part_is_coming_until_the_stream_passes_it)
{
	struct wire_playlist meta = list_of(10, 10, 0, 14, 0);
	struct wire_part after = part_at(15, 0);

	meta.hint_epoch = EPOCH + 1;
	after.epoch = EPOCH + 1;
	put_part(camera, 10, 0, WIRE_LAST);
	put_wire_playlist(camera, meta, 0, "", 0);
	ck_assert_str_eq(get((struct name){ NAME_PART, EPOCH + 1, { 14, 0 } }),
			 "coming");
	ck_assert_str_eq(get((struct name){ NAME_PART, EPOCH, { 14, 0 } }),
			 "unknown");
	ck_assert_int_eq(put_wire_part(camera, &after, 0), 0);
	ck_assert_str_eq(get((struct name){ NAME_PART, EPOCH + 1, { 14, 0 } }),
			 "unknown");
}
END_TEST

START_TEST(a_cancelled_hint_is_withdrawn)
{
	put_part(camera, 10, 0, 0);
	put_wire_playlist(camera, list_of(10, 10, 0, 10, 1), 0, "", 0);
	ck_assert_str_eq(get_part(10, 1), "coming");
	put_part(camera, 11, 0, 0);
	ck_assert_str_eq(get_part(10, 1), "withdrawn");
}
END_TEST

START_TEST(a_part_twice_is_one_part)
{
	put_segments(camera, 10, 11);
	put_part(camera, 12, 0, 0);
	ck_assert_int_eq(put_part(camera, 12, 0, 0), 1);
	ck_assert_int_eq(put_part(camera, 10, 0, 0), 1);
	ck_assert_int_eq(put_part(camera, 11, 2, WIRE_LAST), 1);
	ck_assert_str_eq(get_segment(11), "11.0 11.1 11.2 ");
}
END_TEST

START_TEST(a_part_that_was_evicted_is_no_error_when_it_comes_again)
{
	struct wire_part other = part_at(9, 0);

	put_segments(camera, 10, 11);
	ck_assert_int_eq(put_part(camera, 9, 0, 0), 1);
	other.epoch = EPOCH + 1;
	ck_assert_int_eq(put_wire_part(camera, &other, 0), -EINVAL);
}
END_TEST

START_TEST(a_stream_that_goes_back_is_refused)
{
	struct wire_part part = part_at(10, 0);

	put_segments(camera, 10, 11);
	part.epoch = EPOCH + 1;
	ck_assert_int_eq(put_wire_part(camera, &part, 0), -EINVAL);
	part.at.msn = 11;
	ck_assert_int_eq(put_wire_part(camera, &part, 0), -EINVAL);
	ck_assert_int_eq(put_part(camera, 10, 3, 0), -EINVAL);
	ck_assert_int_eq(put_part(camera, 11, 3, 0), -EINVAL);
}
END_TEST

START_TEST(a_hole_in_a_segment_is_refused)
{
	ck_assert_int_eq(put_part(camera, 10, 1, 0), -EINVAL);
	put_part(camera, 10, 0, 0);
	ck_assert_int_eq(put_part(camera, 10, 2, 0), -EINVAL);
	ck_assert_int_eq(put_part(camera, 11, 1, 0), -EINVAL);
	ck_assert_int_eq(put_part(camera, 10, 1, 0), 0);
}
END_TEST

START_TEST(a_segment_has_one_init_and_one_epoch)
{
	struct wire_part part = part_at(10, 1);

	put_part(camera, 10, 0, 0);
	put_init(camera, INIT + 1);
	part.init = INIT + 1;
	ck_assert_int_eq(put_wire_part(camera, &part, 0), -EINVAL);
	part = part_at(10, 1);
	part.epoch++;
	ck_assert_int_eq(put_wire_part(camera, &part, 0), -EINVAL);
}
END_TEST

START_TEST(a_part_needs_its_init)
{
	struct wire_part part = part_at(10, 0);

	part.init = INIT + 1;
	ck_assert_int_eq(put_wire_part(camera, &part, 0), -ENOENT);
	put_init(camera, INIT + 1);
	ck_assert_int_eq(put_wire_part(camera, &part, 0), 0);
}
END_TEST

START_TEST(a_hole_between_segments_begins_a_new_run)
{
	struct wire_welcome held = { 0 };

	ck_assert(!camera_welcome(camera, &held));
	put_segments(camera, 10, 12);
	ck_assert(camera_welcome(camera, &held));
	ck_assert_uint_eq(held.first_msn, 10);
	put_segments(camera, 14, 14);
	put_part(camera, 15, 0, 0);
	ck_assert(camera_welcome(camera, &held));
	ck_assert_uint_eq(held.first_msn, 14);
	ck_assert_uint_eq(held.last.msn, 15);
	ck_assert_uint_eq(held.last.part, 0);
	ck_assert_uint_eq(held.epoch, EPOCH);
	ck_assert_uint_eq(held.discontinuity, 5);
}
END_TEST

START_TEST(a_segment_left_in_the_middle_begins_a_new_run_unless_it_is_listed)
{
	struct wire_welcome held = { 0 };

	put_segments(camera, 10, 10);
	put_part(camera, 11, 0, 0);
	put_part(camera, 11, 1, 0);
	put_segments(camera, 12, 12);
	ck_assert(camera_welcome(camera, &held));
	ck_assert_uint_eq(held.first_msn, 12);
	/* but the device says that this was all of it */
	put_playlist(camera, 10, 12, 2, 0);
	ck_assert(camera_welcome(camera, &held));
	ck_assert_uint_eq(held.first_msn, 10);
	put_segments(camera, 13, 13);
	put_playlist(camera, 11, 13, 2, 0);
	ck_assert(camera_welcome(camera, &held));
	ck_assert_uint_eq(held.first_msn, 10);
}
END_TEST

START_TEST(welcome_names_nothing_that_was_evicted)
{
	struct wire_welcome held;

	put_segments(camera, 10, 14);
	put_playlist(camera, 12, 14, 2, 0);
	ck_assert(camera_evict(camera));
	ck_assert(camera_welcome(camera, &held));
	ck_assert_uint_eq(held.first_msn, 11);
}
END_TEST

START_TEST(a_playlist_must_not_name_a_part_that_is_not_here)
{
	put_part(camera, 10, 0, 0);
	ck_assert_int_eq(put_playlist(camera, 10, 10, 1, 0), -ENOENT);
	ck_assert_int_eq(put_playlist(camera, 9, 9, 0, 0), -ENOENT);
	ck_assert_ptr_null(camera_playlist(camera));
	ck_assert_int_eq(put_playlist(camera, 10, 10, 0, 0), 0);
	ck_assert_ptr_nonnull(camera_playlist(camera));
}
END_TEST

START_TEST(an_older_playlist_changes_nothing)
{
	struct playlist *newest;

	put_segments(camera, 10, 11);
	put_playlist(camera, 10, 11, 1, 7);
	newest = camera_playlist(camera);
	ck_assert_int_eq(put_playlist(camera, 10, 11, 0, 8), 1);
	ck_assert_ptr_eq(camera_playlist(camera), newest);
	ck_assert_int_eq(camera_playlist_us(camera), 7);
	ck_assert_int_eq(put_playlist(camera, 10, 11, 1, 9), 0);
	ck_assert_int_eq(camera_playlist_us(camera), 9);
}
END_TEST

/* Listed: 3 segments; 6.2.2 wants 3 + 1 more kept, and we keep one on top. */
START_TEST(what_left_the_list_stays_for_a_list_and_two_segments)
{
	put_segments(camera, 10, 17);
	ck_assert_int_eq(put_playlist(camera, 15, 17, 2, 0), 0);
	ck_assert_str_eq(get_segment(10), "10.0 10.1 10.2 ");
	ck_assert_str_eq(get_part(10, 2), "10.2 ");
	put_segments(camera, 18, 18);
	ck_assert_int_eq(put_playlist(camera, 16, 18, 2, 0), 0);
	ck_assert_str_eq(get_segment(10), "unknown");
	ck_assert_str_eq(get_part(10, 0), "unknown");
	ck_assert_str_eq(get_segment(11), "11.0 11.1 11.2 ");
}
END_TEST

/* A whole segment of one part. */
static void put_timed(uint32_t msn, int64_t start_ms, uint32_t ms)
{
	struct wire_part part = part_at(msn, 0);

	part.start_us = start_ms * 1000;
	part.duration_90k = ms * 90;
	ck_assert_int_eq(put_wire_part(camera, &part, WIRE_LAST), 0);
}

/* And a list of so many segments when it is there. */
static void put_next(uint32_t msn, int64_t start_ms, uint32_t ms, uint32_t list)
{
	put_timed(msn, start_ms, ms);
	put_playlist(camera, msn - list + 1, msn, 0, (start_ms + ms) * 1000);
}

/* Off the list at 3.5 s, which was of 3 s, and 1 s long: it goes at 7.5 s. */
START_TEST(what_left_the_list_stays_longer_when_short_segments_follow)
{
	int64_t start_ms = 3000;

	put_timed(10, 0, 1000);
	put_timed(11, 1000, 1000);
	put_next(12, 2000, 1000, 3);
	for (uint32_t msn = 13; start_ms < 7000; msn++, start_ms += 500)
		put_next(msn, start_ms, 500, 3);
	ck_assert_str_eq(get_segment(10), "10.0 ");
	put_next(21, start_ms, 500, 3);
	ck_assert_str_eq(get_segment(10), "unknown");
	ck_assert_str_eq(get_segment(11), "11.0 ");
}
END_TEST

/* Of a second each. */
static void put_seconds(uint32_t first, uint32_t last, uint32_t list,
			int64_t late_ms)
{
	for (uint32_t msn = first; msn <= last; msn++)
		put_next(msn, (int64_t)msn * 1000 + late_ms, 1000, list);
}

/* 13 is off the list at 16 s, and stays for 4 s and 1 s; 22 for 2 s and 1 s. */
START_TEST(a_list_that_was_long_once_keeps_only_what_it_named)
{
	for (uint32_t msn = 10; msn <= 12; msn++)
		put_timed(msn, (int64_t)msn * 1000, 1000);
	put_seconds(13, 13, 4, 0);
	put_seconds(14, 19, 2, 0);
	ck_assert_str_eq(get_segment(13), "13.0 ");
	put_seconds(20, 20, 2, 0);
	ck_assert_str_eq(get_segment(13), "unknown");
	put_seconds(21, 28, 2, 0);
	ck_assert_str_eq(get_segment(22), "unknown");
	ck_assert_str_eq(get_segment(23), "23.0 ");
}
END_TEST

START_TEST(what_was_left_out_between_segments_is_no_part_of_the_list)
{
	put_timed(10, 10000, 1000);
	put_timed(11, 11000, 1000);
	put_seconds(12, 14, 3, 0);
	put_seconds(15, 22, 3, 60000); /* a minute of pictures is missing */
	ck_assert_str_eq(get_segment(14), "unknown");
	ck_assert_str_eq(get_segment(15), "15.0 ");
}
END_TEST

/* All that was listed is off it at 11 s, and stays for 3 s and 1 s. */
/* Of an hour, by its dates, and then back; the target duration is 2 s. */
START_TEST(dates_that_jump_keep_nothing_for_long)
{
	struct wire_part part = part_at(10, 1);

	put_part(camera, 10, 0, 0);
	part.start_us += INT64_C(3600000000);
	ck_assert_int_eq(put_wire_part(camera, &part, WIRE_LAST), 0);
	put_timed(11, 1000, 1000);
	put_timed(12, 2000, 1000);
	put_playlist(camera, 10, 12, 0, 0);
	for (uint32_t msn = 13; msn <= 18; msn++)
		put_timed(msn, (int64_t)(msn - 10) * 1000, 1000);
	put_playlist(camera, 16, 18, 0, 1000000);
	put_playlist(camera, 16, 18, 0, 1000000 + 4000000 + 2000000 - 1);
	ck_assert_str_eq(get_segment(10), "10.0 10.1 ");
	put_playlist(camera, 16, 18, 0, 1000000 + 4000000 + 2000000);
	ck_assert_str_eq(get_segment(10), "unknown");
}
END_TEST

START_TEST(what_a_burst_takes_off_the_list_stays_as_long)
{
	put_timed(10, 0, 1000);
	put_timed(11, 1000, 1000);
	put_next(12, 2000, 1000, 3);
	for (uint32_t msn = 13; msn <= 20; msn++)
		put_timed(msn, (int64_t)(msn - 10) * 1000, 1000);
	put_playlist(camera, 18, 20, 0, 11000000);
	put_playlist(camera, 18, 20, 0, 14999999);
	ck_assert_str_eq(get_segment(10), "10.0 ");
	ck_assert_str_eq(get_segment(13), "13.0 ");
	put_playlist(camera, 18, 20, 0, 15000000);
	ck_assert_str_eq(get_segment(10), "unknown");
	ck_assert_str_eq(get_segment(11), "unknown");
	ck_assert_str_eq(get_segment(12), "unknown");
	ck_assert_str_eq(get_segment(13), "13.0 "); /* by their number */
}
END_TEST

START_TEST(a_jump_gives_up_what_is_far_behind)
{
	put_segments(camera, 10, 12);
	put_playlist(camera, 10, 12, 2, 0);
	put_segments(camera, 1000, 1000);
	ck_assert_str_eq(get_segment(10), "10.0 10.1 10.2 ");
	put_playlist(camera, 1000, 1000, 2, 0);
	ck_assert_str_eq(get_segment(12), "unknown");
	ck_assert_str_eq(get_segment(1000), "1000.0 1000.1 1000.2 ");
}
END_TEST

START_TEST(only_what_is_not_listed_can_be_evicted)
{
	put_segments(camera, 10, 12);
	ck_assert(!camera_evict(camera)); /* no playlist yet: all is needed */
	ck_assert_uint_eq(camera_evictable(camera), 0);
	put_playlist(camera, 11, 12, 2, 0);
	ck_assert_uint_gt(camera_evictable(camera), 0);
	ck_assert(camera_evict(camera));
	ck_assert(!camera_evict(camera));
	ck_assert_uint_eq(camera_evictable(camera), 0);
	ck_assert_str_eq(get_segment(10), "unknown");
	ck_assert_str_eq(get_segment(11), "11.0 11.1 11.2 ");
}
END_TEST

START_TEST(evictable_is_what_evicting_frees)
{
	size_t before, evictable;

	put_segments(camera, 10, 13);
	get_segment(10);
	put_playlist(camera, 12, 13, 2, 0);
	before = camera_bytes(camera);
	evictable = camera_evictable(camera);
	while (camera_evict(camera))
		;
	ck_assert_uint_eq(camera_bytes(camera), before - evictable);
}
END_TEST

START_TEST(an_init_stays_while_a_segment_needs_it)
{
	struct wire_part part = part_at(11, 0);

	put_segments(camera, 10, 10);
	put_init(camera, INIT + 1);
	part.init = INIT + 1;
	put_wire_part(camera, &part, WIRE_LAST);
	ck_assert_str_eq(get_init(INIT), "init");
	put_wire_playlist(camera, list_of(11, 11, 0, 12, 0), 0, "", 0);
	ck_assert(camera_evict(camera));
	ck_assert_str_eq(get_init(INIT), "unknown");
	ck_assert_str_eq(get_init(INIT + 1), "init");
}
END_TEST

START_TEST(inits_that_no_segment_needs_do_not_pile_up)
{
	size_t before = camera_bytes(camera);

	for (uint32_t i = 1; i < 50; i++)
		put_init(camera, INIT + i);
	ck_assert_uint_eq(camera_bytes(camera), before);
	ck_assert_str_eq(get_init(INIT + 48), "unknown");
	ck_assert_str_eq(get_init(INIT + 49), "init");
}
END_TEST

/* 2 * 5, 2 for latecomers, 1 that has begun */
START_TEST(segments_are_held_up_to_the_limit_and_not_one_more)
{
	put_segments(camera, 10, 22);
	ck_assert_int_eq(put_part(camera, 23, 0, 0), -ENOSPC);
	ck_assert_int_eq(put_part(camera, 22, 2, 0), 1);
	put_playlist(camera, 20, 22, 2, 0);
	ck_assert_int_eq(put_part(camera, 23, 0, 0), 0);
}
END_TEST

START_TEST(a_held_reply_survives_its_eviction)
{
	struct name name = { NAME_SEGMENT, EPOCH, { 10, 0 } };
	struct reply *held;
	uint8_t bytes[8];

	put_segments(camera, 10, 12);
	camera_find(camera, &name, &held);
	reply_hold(held);
	put_playlist(camera, 12, 12, 2, 0);
	while (camera_evict(camera))
		;
	ck_assert_uint_eq(reply_copy(held, held->head_size + 5, bytes, 5), 5);
	ck_assert_int_eq(memcmp(bytes, "10.1 ", 5), 0);
	reply_release(&held);
}
END_TEST

START_TEST(the_state_follows_device_and_playlist)
{
	ck_assert_int_eq(camera_state(camera, 0), CAMERA_WAITING);
	camera_connect(camera);
	ck_assert_int_eq(camera_state(camera, 0), CAMERA_WAITING);
	put_segments(camera, 10, 12);
	put_playlist(camera, 10, 12, 2, SECOND);
	ck_assert_int_eq(camera_state(camera, SECOND), CAMERA_LIVE);
	ck_assert_int_eq(camera_state(camera, 7 * SECOND), CAMERA_LIVE);
	ck_assert_int_eq(camera_state(camera, 7 * SECOND + 1), CAMERA_STALLED);
	camera_disconnect(camera, 2 * SECOND);
	ck_assert_int_eq(camera_gone_us(camera), 2 * SECOND);
	ck_assert_int_eq(camera_state(camera, 7 * SECOND), CAMERA_GONE);
	ck_assert_int_eq(camera_state(camera, 7 * SECOND + 1), CAMERA_OFFLINE);
	ck_assert(camera_playable(camera, 7 * SECOND));
	ck_assert(!camera_playable(camera, 7 * SECOND + 1));
}
END_TEST

static void say_mode_at(enum wire_mode mode, uint16_t checkin_s, int64_t now_us)
{
	camera_put_status(camera,
			  &(struct wire_status){ .mode = (uint16_t)mode,
						 .checkin_s = checkin_s },
			  now_us);
}

static void say_mode(enum wire_mode mode, uint16_t checkin_s)
{
	say_mode_at(mode, checkin_s, 0);
}

START_TEST(a_camera_is_waking_until_it_sends_or_ten_seconds_are_over)
{
	camera_connect(camera);
	say_mode(WIRE_QUIET, 0);
	audience_ask(camera_audience(camera), 50 * SECOND);
	say_mode_at(WIRE_LIVE, 0, 50 * SECOND);
	ck_assert_int_eq(camera_state(camera, 50 * SECOND), CAMERA_WAKING);
	put_part(camera, 10, 0, 0);
	ck_assert_int_eq(camera_state(camera, 51 * SECOND), CAMERA_WAKING);
	audience_ask(camera_audience(camera), 60 * SECOND);
	ck_assert_int_eq(camera_state(camera, 60 * SECOND - 1), CAMERA_WAKING);
	ck_assert_int_eq(camera_state(camera, 60 * SECOND), CAMERA_WAITING);
	put_part(camera, 10, 1, WIRE_LAST);
	put_playlist(camera, 10, 10, 1, 55 * SECOND);
	ck_assert_int_eq(camera_state(camera, 55 * SECOND), CAMERA_LIVE);
}
END_TEST

START_TEST(a_camera_that_was_awake_all_the_time_is_not_waking)
{
	camera_connect(camera);
	say_mode(WIRE_LIVE, 0);
	ck_assert_int_eq(camera_state(camera, SECOND), CAMERA_WAITING);
	say_mode_at(WIRE_POSTERS, 0, 2 * SECOND);
	ck_assert_int_eq(camera_state(camera, 2 * SECOND), CAMERA_WAITING);
}
END_TEST

START_TEST(a_quiet_camera_is_asleep_and_woken_by_who_asks)
{
	camera_connect(camera);
	put_segments(camera, 10, 12);
	put_playlist(camera, 10, 12, 2, 0);
	say_mode(WIRE_QUIET, 0);
	ck_assert_int_eq(camera_state(camera, SECOND), CAMERA_ASLEEP);
	audience_ask(camera_audience(camera), SECOND);
	ck_assert_int_eq(camera_state(camera, SECOND), CAMERA_LIVE);
	ck_assert_int_eq(camera_state(camera, 6 * SECOND), CAMERA_ASLEEP);
	audience_ask(camera_audience(camera), 7 * SECOND);
	ck_assert_int_eq(camera_state(camera, 7 * SECOND), CAMERA_WAKING);
	ck_assert_int_eq(camera_check_in_us(camera, SECOND), 0);
	put_part(camera, 13, 0, 0); /* it sends: it is awake, said or not */
	ck_assert_int_eq(camera_state(camera, 7 * SECOND), CAMERA_STALLED);
}
END_TEST

START_TEST(a_sleeping_camera_is_there_while_it_asks)
{
	camera_connect(camera);
	say_mode(WIRE_ASLEEP, 10);
	camera_disconnect(camera, SECOND);
	ck_assert_int_eq(camera_state(camera, SECOND), CAMERA_ASLEEP);
	ck_assert_int_eq(camera_check_in_us(camera, SECOND), 10 * SECOND);
	ck_assert_int_eq(camera_state(camera, 36 * SECOND - 1), CAMERA_ASLEEP);
	ck_assert_int_eq(camera_state(camera, 36 * SECOND), CAMERA_WAITING);
	camera_check_in(camera, 20, 40 * SECOND);
	ck_assert_int_eq(camera_gone_us(camera), 40 * SECOND);
	ck_assert_int_eq(camera_state(camera, 105 * SECOND - 1), CAMERA_ASLEEP);
	ck_assert_int_eq(camera_state(camera, 105 * SECOND), CAMERA_WAITING);
	camera_check_in(camera, 20, 110 * SECOND);
	audience_ask(camera_audience(camera), 111 * SECOND);
	ck_assert_int_eq(camera_state(camera, 111 * SECOND), CAMERA_WAKING);
}
END_TEST

START_TEST(a_quiet_camera_that_is_lost_is_not_asleep)
{
	camera_connect(camera);
	put_segments(camera, 10, 12);
	put_playlist(camera, 10, 12, 2, 0);
	say_mode(WIRE_QUIET, 10);
	camera_disconnect(camera, SECOND);
	ck_assert_int_eq(camera_state(camera, SECOND), CAMERA_GONE);
	ck_assert_int_eq(camera_state(camera, 7 * SECOND), CAMERA_OFFLINE);
}
END_TEST

START_TEST(a_connected_camera_is_not_put_to_sleep_by_a_late_question)
{
	camera_connect(camera);
	camera_check_in(camera, 10, SECOND);
	ck_assert_int_eq(camera_status(camera)->mode, 0);
	ck_assert_int_eq(camera_state(camera, SECOND), CAMERA_WAITING);
}
END_TEST

START_TEST(a_camera_is_there_while_one_of_its_connections_is)
{
	camera_connect(camera);
	camera_connect(camera);
	camera_disconnect(camera, 1);
	ck_assert(camera_connected(camera));
	camera_disconnect(camera, 2);
	ck_assert(!camera_connected(camera));
}
END_TEST

START_TEST(an_ended_stream_can_be_played_for_ever)
{
	put_segments(camera, 10, 12);
	put_wire_playlist(camera, list_of(10, 12, 2, 0, 0), WIRE_ENDED, "", 0);
	ck_assert_int_eq(camera_state(camera, 900 * SECOND), CAMERA_ENDED);
	ck_assert(camera_playable(camera, 900 * SECOND));
}
END_TEST

START_TEST(a_playlist_may_list_more_than_is_held)
{
	put_segments(camera, 10, 12);
	ck_assert_int_eq(put_playlist(camera, 8, 12, 2, 0), 0);
	ck_assert_str_eq(get_segment(10), "10.0 10.1 10.2 ");
}
END_TEST

START_TEST(the_oldest_is_shed_though_it_is_listed_and_the_newest_stay)
{
	size_t sheddable, before;

	put_segments(camera, 10, 14);
	put_wire_playlist(camera, list_of(10, 14, 2, 15, 0), 0, "", 0);
	ck_assert(!camera_evict(camera));
	sheddable = camera_sheddable(camera);
	before = camera_bytes(camera);
	ck_assert(camera_shed(camera));
	ck_assert(camera_shed(camera));
	ck_assert(!camera_shed(camera));
	ck_assert_uint_eq(before - camera_bytes(camera), sheddable);
	ck_assert_uint_eq(camera_sheddable(camera), 0);
	ck_assert_uint_eq(camera_counts(camera)->shed, 2);
	ck_assert_str_eq(get_segment(11), "unknown");
	ck_assert_str_eq(get_segment(12), "12.0 12.1 12.2 ");
	ck_assert_str_eq(get_segment(14), "14.0 14.1 14.2 ");
}
END_TEST

CHECK_MAIN(camera, setup, teardown, a_part_is_found_by_its_place_and_epoch,
	   a_segment_is_its_parts_once_the_last_has_come,
	   a_segment_stores_no_byte_of_its_parts_twice,
	   a_part_of_the_next_segment_completes_one,
	   a_playlist_that_hints_at_the_next_segment_completes_one,
	   the_end_of_the_stream_completes_the_last_segment,
	   what_follows_the_newest_part_is_coming,
	   what_follows_is_coming_in_its_own_epoch_only,
	   a_hinted_part_is_coming_until_the_stream_passes_it,
	   a_cancelled_hint_is_withdrawn, a_part_twice_is_one_part,
	   a_part_that_was_evicted_is_no_error_when_it_comes_again,
	   a_stream_that_goes_back_is_refused, a_hole_in_a_segment_is_refused,
	   a_segment_has_one_init_and_one_epoch, a_part_needs_its_init,
	   a_hole_between_segments_begins_a_new_run,
	   a_segment_left_in_the_middle_begins_a_new_run_unless_it_is_listed,
	   welcome_names_nothing_that_was_evicted,
	   a_playlist_must_not_name_a_part_that_is_not_here,
	   an_older_playlist_changes_nothing,
	   a_playlist_may_list_more_than_is_held,
	   what_left_the_list_stays_for_a_list_and_two_segments,
	   what_left_the_list_stays_longer_when_short_segments_follow,
	   a_list_that_was_long_once_keeps_only_what_it_named,
	   what_was_left_out_between_segments_is_no_part_of_the_list,
	   dates_that_jump_keep_nothing_for_long,
	   what_a_burst_takes_off_the_list_stays_as_long,
	   a_jump_gives_up_what_is_far_behind,
	   only_what_is_not_listed_can_be_evicted,
	   evictable_is_what_evicting_frees,
	   an_init_stays_while_a_segment_needs_it,
	   inits_that_no_segment_needs_do_not_pile_up,
	   segments_are_held_up_to_the_limit_and_not_one_more,
	   a_held_reply_survives_its_eviction,
	   the_state_follows_device_and_playlist,
	   a_quiet_camera_is_asleep_and_woken_by_who_asks,
	   a_camera_is_waking_until_it_sends_or_ten_seconds_are_over,
	   a_camera_that_was_awake_all_the_time_is_not_waking,
	   a_sleeping_camera_is_there_while_it_asks,
	   a_quiet_camera_that_is_lost_is_not_asleep,
	   a_connected_camera_is_not_put_to_sleep_by_a_late_question,
	   a_camera_is_there_while_one_of_its_connections_is,
	   an_ended_stream_can_be_played_for_ever,
	   the_oldest_is_shed_though_it_is_listed_and_the_newest_stay)
