/* SPDX-License-Identifier: MIT */
#include "cloud/store/store.h"

#include <errno.h>

#include "tests/unit/check_main.h"
#include "tests/unit/relay_stream.h"

static struct store *store;

static void open_store(size_t max_camera_bytes, size_t max_bytes)
{
	store_close(&store);
	ck_assert_int_eq(
		store_open(&store,
			   &(struct store_params){ .max_bytes = max_bytes,
						   .max_camera_bytes =
							   max_camera_bytes,
						   .max_cameras = 2,
						   .max_segments = 100 }),
		0);
}

static void setup(void)
{
	store = NULL;
	open_store(1000000, 1500000);
}

static void teardown(void)
{
	store_close(&store);
	ck_assert_ptr_null(store);
}

static struct camera *connect(const char *name)
{
	struct camera *c;

	ck_assert_int_eq(store_get(store, name, &c), 0);
	camera_connect(c);
	return c;
}

START_TEST(limits_that_contradict_each_other_are_refused)
{
	struct store_params params = { 10, 10, 1, 1 };
	struct store *s = store;

	ck_assert_int_eq(store_open(&s, &params), 0);
	store_close(&s);
	params.max_camera_bytes = 11;
	ck_assert_int_eq(store_open(&s, &params), -EINVAL);
	ck_assert_ptr_null(s);
	params = (struct store_params){ 10, 10, 0, 1 };
	ck_assert_int_eq(store_open(&s, &params), -EINVAL);
	params = (struct store_params){ 10, 10, 1, 0 };
	ck_assert_int_eq(store_open(&s, &params), -EINVAL);
}
END_TEST

START_TEST(a_camera_is_made_once_and_found_by_its_name)
{
	struct camera *c = connect("porch"), *again;

	ck_assert_ptr_eq(store_find(store, "porch"), c);
	ck_assert_ptr_null(store_find(store, "porc"));
	ck_assert_int_eq(store_get(store, "porch", &again), 0);
	ck_assert_ptr_eq(again, c);
}
END_TEST

START_TEST(cameras_are_walked_along)
{
	struct camera *porch, *shed;

	ck_assert_ptr_null(store_camera(store, 0));
	porch = connect("porch");
	shed = connect("shed");
	ck_assert_ptr_eq(store_camera(store, 0), porch);
	ck_assert_ptr_eq(store_camera(store, 1), shed);
	ck_assert_ptr_null(store_camera(store, 2));
}
END_TEST

START_TEST(connected_cameras_are_never_dropped_for_another)
{
	struct camera *c;

	connect("porch");
	connect("shed");
	ck_assert_int_eq(store_get(store, "attic", &c), -ENFILE);
	ck_assert_ptr_null(c);
	ck_assert_ptr_nonnull(store_find(store, "porch"));
	ck_assert_ptr_nonnull(store_find(store, "shed"));
}
END_TEST

START_TEST(the_longest_gone_camera_makes_room)
{
	camera_disconnect(connect("porch"), 20);
	camera_disconnect(connect("shed"), 10);
	connect("attic");
	ck_assert_ptr_nonnull(store_find(store, "porch"));
	ck_assert_ptr_null(store_find(store, "shed"));
}
END_TEST

START_TEST(cameras_gone_before_a_time_are_forgotten)
{
	camera_disconnect(connect("porch"), 20);
	camera_disconnect(connect("shed"), 10);
	store_forget(store, 10);
	ck_assert_ptr_nonnull(store_find(store, "shed"));
	store_forget(store, 11);
	ck_assert_ptr_null(store_find(store, "shed"));
	ck_assert_ptr_nonnull(store_find(store, "porch"));
	camera_connect(store_find(store, "porch"));
	store_forget(store, 1000);
	ck_assert_ptr_nonnull(store_find(store, "porch"));
}
END_TEST

START_TEST(a_camera_may_hold_its_limit_and_not_a_byte_more)
{
	struct camera *c = connect("porch");

	put_init(c, INIT);
	open_store(camera_bytes(c) + 100, 1500000);
	c = connect("porch");
	put_init(c, INIT);
	ck_assert_int_eq(store_admit(store, c, 100), 0);
	ck_assert_int_eq(store_admit(store, c, 101), -EMSGSIZE);
}
END_TEST

/* Fills a camera: 10 unlisted, 11 and 12 listed. */
static struct camera *fill(const char *name)
{
	struct camera *c = connect(name);

	put_init(c, INIT);
	put_segments(c, 10, 12);
	put_playlist(c, 11, 12, 2, 0);
	return c;
}

START_TEST(segments_that_are_not_listed_make_room)
{
	size_t held = camera_bytes(fill("porch"));
	struct camera *c;

	open_store(held, 1500000);
	c = fill("porch");
	ck_assert_int_eq(store_admit(store, c, camera_evictable(c)), 0);
	ck_assert_uint_eq(camera_evictable(c), 0);
	ck_assert_int_eq(put_part(c, 11, 0, 0), 1); /* still here */
}
END_TEST

START_TEST(nothing_is_given_up_when_it_would_not_be_enough)
{
	size_t held = camera_bytes(fill("porch")), evictable;
	struct camera *c;

	open_store(held, 1500000);
	c = fill("porch");
	evictable = camera_evictable(c);
	ck_assert_int_eq(store_admit(store, c, evictable + 1), -EMSGSIZE);
	ck_assert_uint_eq(camera_evictable(c), evictable);
}
END_TEST

START_TEST(all_together_may_hold_the_limit_and_not_a_byte_more)
{
	size_t held = camera_bytes(fill("porch"));
	struct camera *c;

	open_store(held + 100, 2 * held);
	c = fill("porch");
	camera_evict(c);
	fill("shed");
	ck_assert_uint_gt(store_bytes(store), camera_bytes(c));
	ck_assert_int_eq(store_admit(store, c, 2 * held - store_bytes(store)),
			 0);
	ck_assert_int_eq(
		store_admit(store, c, 2 * held - store_bytes(store) + 1),
		-ENOSPC);
}
END_TEST

START_TEST(cameras_whose_device_is_gone_make_room)
{
	size_t held = camera_bytes(fill("porch"));
	struct camera *c;

	open_store(2 * held, 2 * held);
	c = fill("porch");
	camera_disconnect(fill("shed"), 7);
	ck_assert_int_eq(store_admit(store, c, held), 0);
	ck_assert_ptr_null(store_find(store, "shed"));
	ck_assert_ptr_nonnull(store_find(store, "porch"));
}
END_TEST

START_TEST(gone_cameras_stay_when_dropping_them_would_not_be_enough)
{
	size_t held = camera_bytes(fill("porch"));
	struct camera *c;

	open_store(2 * held, 2 * held);
	c = fill("porch");
	camera_disconnect(fill("shed"), 7);
	while (camera_evict(c))
		;
	ck_assert_int_eq(store_admit(store, c, 2 * held - camera_bytes(c) + 1),
			 -EMSGSIZE);
	ck_assert_ptr_nonnull(store_find(store, "shed"));
}
END_TEST

/* Of three large segments, which any player needs: nothing of it can be shed.
 */
static struct camera *fill_with_needed(const char *name)
{
	struct camera *c = connect(name);

	put_init(c, INIT);
	for (uint32_t msn = 10; msn <= 12; msn++)
		for (uint32_t part = 0; part < 40; part++)
			ck_assert_int_eq(put_part(c, msn, part,
						  part == 39 ? WIRE_LAST : 0),
					 0);
	put_playlist(c, 10, 12, 39, 0);
	return c;
}

START_TEST(gone_cameras_stay_when_others_would_not_give_enough)
{
	struct store_params params = { 1000000, 1000000, 4, 100 };
	struct camera *calm, *modest;
	size_t gone;

	store_close(&store);
	ck_assert_int_eq(store_open(&store, &params), 0);
	for (int i = 0; i < 2; i++) { /* to measure, and to see */
		fill_with_needed("large");
		calm = connect("calm");
		put_init(calm, INIT);
		put_segments(calm, 10, 14);
		put_playlist(calm, 10, 14, 2, 0);
		ck_assert_uint_gt(camera_sheddable(calm), 0);
		camera_disconnect(fill("gone"), 7);
		if (i)
			break;
		params.max_bytes = params.max_camera_bytes = store_bytes(store);
		store_close(&store);
		ck_assert_int_eq(store_open(&store, &params), 0);
	}
	modest = connect("modest");
	gone = camera_bytes(store_find(store, "gone"));
	ck_assert_int_eq(store_admit(store, modest, gone + 1), -ENOSPC);
	ck_assert_ptr_nonnull(store_find(store, "gone"));
	ck_assert_int_eq(store_admit(store, modest, gone), 0);
	ck_assert_ptr_null(store_find(store, "gone"));
}
END_TEST

START_TEST(own_segments_make_room_for_all_cameras)
{
	size_t held = camera_bytes(fill("porch"));
	struct camera *c;

	open_store(2 * held, 2 * held);
	c = fill("porch");
	fill("shed");
	ck_assert_int_eq(store_admit(store, c, camera_evictable(c)), 0);
	ck_assert_uint_eq(camera_evictable(c), 0);
	ck_assert_ptr_nonnull(store_find(store, "shed"));
}
END_TEST

START_TEST(who_has_more_than_its_share_gives_the_oldest_of_it)
{
	struct camera *greedy = connect("greedy"), *modest;
	size_t held;

	put_init(greedy, INIT);
	put_segments(greedy, 10, 29);
	put_playlist(greedy, 10, 29, 2, 0);
	held = camera_bytes(greedy);
	camera_disconnect(greedy, 0);
	open_store(held, held + 10);
	greedy = connect("greedy");
	put_init(greedy, INIT);
	put_segments(greedy, 10, 29);
	put_playlist(greedy, 10, 29, 2, 0);
	modest = connect("modest");
	ck_assert_int_eq(store_admit(store, modest, 1000), 0);
	ck_assert_uint_le(store_bytes(store) + 1000, held + 10);
	ck_assert_uint_gt(camera_counts(greedy)->shed, 0);
	/* It has its share, and gets no more. */
	ck_assert_int_eq(store_admit(store, modest, (held + 10) / 2 + 1),
			 -ENOSPC);
	ck_assert_int_eq(store_admit(store, modest, (held + 10) / 2), 0);
	/* And the greedy one is told, once there is no room any more. */
	put_init(modest, INIT);
	ck_assert_int_eq(
		store_admit(store, greedy, held + 11 - store_bytes(store)),
		-ENOSPC);
}
END_TEST

START_TEST(what_is_on_its_way_counts_for_its_camera)
{
	struct camera *dripping, *modest;

	open_store(1000, 1200);
	dripping = connect("dripping");
	ck_assert_int_eq(store_admit(store, dripping, 600), 0);
	camera_expect(dripping, 600);
	ck_assert_uint_eq(store_bytes(store), 600);
	ck_assert_uint_eq(camera_bytes(dripping), 0);
	ck_assert_int_eq(store_admit(store, dripping, 400), 0);
	ck_assert_int_eq(store_admit(store, dripping, 401), -EMSGSIZE);
	/* With another one there it has had its share. */
	modest = connect("modest");
	ck_assert_int_eq(store_admit(store, modest, 600), 0);
	camera_expect(modest, 600);
	ck_assert_int_eq(store_admit(store, dripping, 1), -ENOSPC);
	camera_expect_no_more(dripping, 600);
	ck_assert_int_eq(store_admit(store, dripping, 600), 0);
	camera_expect_no_more(modest, 600);
	ck_assert_uint_eq(store_bytes(store), 0);
}
END_TEST

/* Who holds more than its share with what it drips gives what it can. */
START_TEST(who_drips_gives_its_oldest_to_who_has_less)
{
	struct camera *dripping, *modest;
	size_t held;

	for (int i = 0; i < 2; i++) { /* to measure, and to see */
		dripping = connect("dripping");
		put_init(dripping, INIT);
		put_segments(dripping, 10, 19);
		put_playlist(dripping, 10, 19, 2, 0);
		held = camera_bytes(dripping);
		if (i == 0) {
			camera_disconnect(dripping, 0);
			open_store(4 * held, 4 * held);
		}
	}
	camera_expect(dripping, 2 * held);
	modest = connect("modest");
	ck_assert_int_eq(store_admit(store, modest, held), 0);
	camera_expect(modest, held);
	ck_assert_uint_eq(camera_counts(dripping)->shed, 0);
	ck_assert_int_eq(store_admit(store, modest, held / 4), 0);
	ck_assert_uint_gt(camera_counts(dripping)->shed, 0);
	ck_assert_uint_le(store_bytes(store) + held / 4, 4 * held);
	camera_expect_no_more(dripping, 2 * held);
	camera_expect_no_more(modest, held);
}
END_TEST

START_TEST(who_has_less_than_its_share_gives_nothing_of_it)
{
	struct store_params params = { 1000000, 1000000, 3, 100 };
	struct camera *calm, *greedy, *modest;
	size_t kept, all;

	for (int i = 0; i < 2; i++) { /* to measure, and to see */
		store_close(&store);
		ck_assert_int_eq(store_open(&store, &params), 0);
		greedy = connect("greedy");
		put_init(greedy, INIT);
		put_segments(greedy, 10, 39);
		put_playlist(greedy, 10, 39, 2, 0);
		calm = connect("calm");
		put_init(calm, INIT);
		put_segments(calm, 10, 15);
		put_playlist(calm, 10, 15, 2, 0);
		params.max_bytes = params.max_camera_bytes = store_bytes(store);
	}
	modest = connect("modest");
	kept = camera_bytes(calm);
	all = store_bytes(store);
	ck_assert_uint_gt(camera_sheddable(calm), 0);
	ck_assert_uint_lt(kept, all / 3);
	ck_assert_int_eq(store_admit(store, modest, all / 3), 0);
	ck_assert_uint_eq(camera_bytes(calm), kept);
	ck_assert_uint_gt(camera_counts(greedy)->shed, 0);
	/* Nor does who has its share on the way get more from the greedy. */
	camera_expect(modest, all / 3);
	ck_assert_int_eq(
		store_admit(store, modest, all + 1 - store_bytes(store)),
		-ENOSPC);
	camera_expect_no_more(modest, all / 3);
}
END_TEST

START_TEST(the_newest_segments_of_the_greedy_stay)
{
	struct camera *greedy = connect("greedy"), *modest;
	size_t held;

	put_init(greedy, INIT);
	put_segments(greedy, 10, 12);
	put_playlist(greedy, 10, 12, 2, 0);
	held = camera_bytes(greedy);
	camera_disconnect(greedy, 0);
	open_store(held, held + 10);
	greedy = connect("greedy");
	put_init(greedy, INIT);
	put_segments(greedy, 10, 12);
	put_playlist(greedy, 10, 12, 2, 0);
	modest = connect("modest");
	ck_assert_int_eq(store_admit(store, modest, 100), -ENOSPC);
	ck_assert_uint_eq(camera_bytes(greedy), held);
}
END_TEST

/* Segments of one part, of a target duration each; all are listed. */
static void put_long(struct camera *c, uint32_t first, uint32_t last)
{
	for (uint32_t msn = first; msn <= last; msn++) {
		struct wire_part part = part_at(msn, 0);

		part.duration_90k = 90 * TARGET_MS;
		part.start_us = (int64_t)msn * TARGET_MS * 1000;
		ck_assert_int_eq(put_wire_part(c, &part, WIRE_LAST), 0);
	}
	put_wire_playlist(c, list_of(10, last, 0, last + 1, 0), 0, "#EXTM3U\n",
			  0);
}

static struct camera *connect_with(const char *name, uint32_t last)
{
	struct camera *c = connect(name);

	put_init(c, INIT);
	put_long(c, 10, last);
	return c;
}

/* What a segment takes, and what is there beside segments. */
static size_t segment_bytes, other_bytes;

static void measure_segments(void)
{
	struct camera *c = connect_with("porch", 20);

	other_bytes = camera_bytes(c);
	put_long(c, 21, 30);
	segment_bytes = (camera_bytes(c) - other_bytes) / 10;
	other_bytes -= 11 * segment_bytes;
}

START_TEST(who_lists_more_than_there_is_room_for_has_to_list_less)
{
	struct camera *c;

	measure_segments();
	open_store(160 * segment_bytes + other_bytes * 16 / 6 + 100,
		   1000 * segment_bytes);
	c = connect_with("porch", 10 + 59);
	ck_assert(!store_is_tight(store, c));
	put_long(c, 70, 70);
	ck_assert(store_is_tight(store, c));
	ck_assert_uint_ge(store_window(store, c), 50);
	ck_assert_uint_lt(store_window(store, c), 60);
}
END_TEST

START_TEST(who_has_not_sent_enough_to_tell_may_list_what_all_may)
{
	struct camera *c = connect("porch");

	ck_assert_uint_eq(store_window(store, c), 100);
	put_init(c, INIT);
	ck_assert_uint_eq(store_window(store, c), 100);
	put_long(c, 10, 40);
	ck_assert_uint_eq(store_window(store, c), 100);
	ck_assert(!store_is_tight(store, c));
}
END_TEST

START_TEST(what_any_player_needs_may_always_be_listed)
{
	struct camera *c;

	measure_segments();
	open_store(5 * segment_bytes + other_bytes, 1000 * segment_bytes);
	c = connect_with("porch", 13);
	ck_assert(store_is_tight(store, c));
	ck_assert_uint_eq(store_window(store, c), 4); /* one may be open */
}
END_TEST

START_TEST(there_is_room_for_a_share_or_for_what_others_leave)
{
	struct camera *c, *other;
	unsigned int alone, together;

	measure_segments();
	open_store(300 * segment_bytes, 300 * segment_bytes);
	c = connect_with("porch", 19);
	alone = store_window(store, c);
	ck_assert_uint_ge(alone, 85);
	other = connect_with("shed", 70);
	together = store_window(store, c);
	ck_assert_uint_lt(together, alone - 15);
	put_long(other, 71, 200); /* more than its share */
	ck_assert_uint_lt(store_window(store, c), together);
	ck_assert_uint_ge(store_window(store, c), alone / 2 - 1);
	/* Whoever is gone would have to give way. */
	camera_disconnect(other, 0);
	ck_assert_uint_eq(store_window(store, c), alone);
}
END_TEST

START_TEST(of_segments_that_are_short_any_player_needs_more)
{
	struct camera *c;

	measure_segments();
	open_store(5 * segment_bytes + other_bytes, 1000 * segment_bytes);
	c = connect("porch");
	put_init(c, INIT);
	for (uint32_t msn = 10; msn <= 20; msn++) {
		struct wire_part part = part_at(msn, 0);

		part.duration_90k = 90 * TARGET_MS / 2;
		part.start_us = (int64_t)msn * TARGET_MS / 2 * 1000;
		ck_assert_int_eq(put_wire_part(c, &part, WIRE_LAST), 0);
	}
	put_wire_playlist(c, list_of(10, 20, 0, 21, 0), 0, "#EXTM3U\n", 0);
	ck_assert_uint_eq(store_window(store, c), 7); /* one may be open */
}
END_TEST

START_TEST(from_less_than_three_segments_or_no_playlist_nothing_is_told)
{
	struct camera *c;

	measure_segments();
	open_store(5 * segment_bytes, 1000 * segment_bytes);
	c = connect_with("porch", 12); /* and the newest may be open */
	ck_assert_uint_eq(store_window(store, c), 100);
	put_long(c, 13, 13);
	ck_assert_uint_eq(store_window(store, c), 4);
	c = connect("shed");
	put_init(c, INIT);
	put_segments(c, 10, 20);
	ck_assert_uint_eq(store_window(store, c), 100);
}
END_TEST

START_TEST(who_lists_what_was_shed_has_to_list_less)
{
	struct camera *c;

	c = connect_with("porch", 30);
	ck_assert(!store_is_tight(store, c));
	ck_assert(camera_shed(c));
	ck_assert(store_is_tight(store, c));
	put_wire_playlist(c, list_of(11, 30, 0, 31, 0), 0, "#EXTM3U\n", 0);
	ck_assert(!store_is_tight(store, c));
}
END_TEST

CHECK_MAIN(store, setup, teardown,
	   limits_that_contradict_each_other_are_refused,
	   a_camera_is_made_once_and_found_by_its_name,
	   cameras_are_walked_along,
	   connected_cameras_are_never_dropped_for_another,
	   the_longest_gone_camera_makes_room,
	   cameras_gone_before_a_time_are_forgotten,
	   a_camera_may_hold_its_limit_and_not_a_byte_more,
	   segments_that_are_not_listed_make_room,
	   nothing_is_given_up_when_it_would_not_be_enough,
	   all_together_may_hold_the_limit_and_not_a_byte_more,
	   cameras_whose_device_is_gone_make_room,
	   own_segments_make_room_for_all_cameras,
	   gone_cameras_stay_when_dropping_them_would_not_be_enough,
	   gone_cameras_stay_when_others_would_not_give_enough,
	   who_has_more_than_its_share_gives_the_oldest_of_it,
	   what_is_on_its_way_counts_for_its_camera,
	   who_drips_gives_its_oldest_to_who_has_less,
	   who_has_less_than_its_share_gives_nothing_of_it,
	   the_newest_segments_of_the_greedy_stay,
	   who_lists_more_than_there_is_room_for_has_to_list_less,
	   who_has_not_sent_enough_to_tell_may_list_what_all_may,
	   what_any_player_needs_may_always_be_listed,
	   of_segments_that_are_short_any_player_needs_more,
	   from_less_than_three_segments_or_no_playlist_nothing_is_told,
	   there_is_room_for_a_share_or_for_what_others_leave,
	   who_lists_what_was_shed_has_to_list_less)
