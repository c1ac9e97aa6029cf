/* SPDX-License-Identifier: MIT */
#include "device/stream/playlist.h"

#include <errno.h>

#include "tests/unit/check_main.h"

static const struct wire_position anything = { WIRE_MAX_MSN, 0 };

static struct window *window;
static char text[65536];
static struct playlist_facts facts;

static void setup(void)
{
	ck_assert_int_eq(
		window_open(&window,
			    &(struct window_params){ .segments = 4,
						     .target_ms = 2000,
						     .part_target_ms = 210 }),
		0);
	window_jump(window,
		    &(struct window_place){ .epoch = 0xabc, .msn = 890 });
}

static void teardown(void)
{
	window_close(&window);
}

static void add(uint8_t flags, uint32_t duration_90k)
{
	/* 2026-11-22 14:00:00.250 UTC */
	ck_assert_int_eq(
		window_add(window,
			   &(struct wire_part){ .init = 0xb7f3,
						.duration_90k = duration_90k,
						.start_us = 1795356000250000 },
			   flags, 1000),
		0);
}

static int render(const struct playlist_params *params)
{
	return playlist_render(text, sizeof(text), window, params, &facts);
}

START_TEST(a_young_stream_reads_as_the_rules_want_it)
{
	add(WIRE_INDEPENDENT, 18000);
	add(WIRE_LAST, 17999);
	add(WIRE_INDEPENDENT, 18000);
	ck_assert_int_gt(render(&(struct playlist_params){ .last = anything }),
			 0);
	ck_assert_str_eq(
		text,
		"#EXTM3U\n"
		"#EXT-X-VERSION:9\n"
		"#EXT-X-TARGETDURATION:2\n"
		"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,"
		"PART-HOLD-BACK=0.630\n"
		"#EXT-X-PART-INF:PART-TARGET=0.210\n"
		"#EXT-X-MEDIA-SEQUENCE:890\n"
		"#EXT-X-DISCONTINUITY-SEQUENCE:0\n"
		"#EXT-X-MAP:URI=\"init-0000b7f3.mp4\"\n"
		"#EXT-X-PROGRAM-DATE-TIME:2026-11-22T14:00:00.250Z\n"
		"#EXT-X-PART:DURATION=0.20000,URI=\"00000abc-890.0.m4s\","
		"INDEPENDENT=YES\n"
		"#EXT-X-PART:DURATION=0.19998,URI=\"00000abc-890.1.m4s\"\n"
		"#EXTINF:0.39998,\n"
		"00000abc-890.m4s\n"
		"#EXT-X-PROGRAM-DATE-TIME:2026-11-22T14:00:00.250Z\n"
		"#EXT-X-PART:DURATION=0.20000,URI=\"00000abc-891.0.m4s\","
		"INDEPENDENT=YES\n"
		"#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"00000abc-891.1.m4s\"\n");
	ck_assert_uint_eq(facts.first_msn, 890);
	ck_assert(facts.last.msn == 891 && facts.last.part == 0);
	ck_assert(facts.hint.msn == 891 && facts.hint.part == 1);
	ck_assert_uint_eq(facts.hint_epoch, 0xabc);
}
END_TEST

START_TEST(before_the_first_whole_segment_there_is_no_playlist)
{
	struct playlist_params all = { .last = anything };

	ck_assert_int_eq(render(&all), -ENODATA);
	add(WIRE_INDEPENDENT, 18000);
	ck_assert_int_eq(render(&all), -ENODATA);
	add(WIRE_LAST, 18000);
	ck_assert_int_gt(render(&all), 0);
}
END_TEST

START_TEST(a_reader_that_lacks_the_newest_parts_is_not_told_of_them)
{
	add(WIRE_INDEPENDENT | WIRE_LAST, 90000);
	add(WIRE_INDEPENDENT, 18000);
	add(0, 18000);
	add(WIRE_LAST, 18000);
	add(WIRE_INDEPENDENT, 18000);
	render(&(struct playlist_params){ .last = { 891, 1 } });
	ck_assert_ptr_nonnull(strstr(text, "891.1.m4s\"\n"));
	ck_assert_ptr_null(strstr(text, "891.m4s"));
	ck_assert_ptr_null(strstr(text, "892"));
	ck_assert_ptr_nonnull(strstr(text, "HINT:TYPE=PART,URI="
					   "\"00000abc-891.2.m4s\""));
	ck_assert(facts.last.msn == 891 && facts.last.part == 1);
}
END_TEST

/* Of a window of four: whoever is behind has four, too, and never fewer. */
START_TEST(the_list_of_a_reader_that_is_behind_is_as_long_as_any)
{
	static const struct {
		struct wire_position last;
		uint32_t first_msn;
	} rows[] = {
		{ { 893, 0 }, 890 }, { { 893, 1 }, 890 }, { { 894, 0 }, 890 },
		{ { 894, 1 }, 891 }, { { 895, 0 }, 891 }, { { 897, 1 }, 894 },
	};

	for (int i = 0; i < 8; i++) {
		add(WIRE_INDEPENDENT, 90000);
		add(WIRE_LAST, 90000);
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct playlist_params behind = { .last = rows[i].last };
		int n = render(&behind);

		ck_assert_int_gt(n, 0);
		ck_assert_uint_eq(facts.first_msn, rows[i].first_msn);
		ck_assert_int_eq(wire_compare(facts.last, rows[i].last), 0);
		ck_assert_uint_gt(playlist_bound(window), (size_t)n);
	}
	/* what is not there any more, or was never seen, makes it shorter */
	render(&(struct playlist_params){ .first_msn = 893,
					  .last = { 895, 1 } });
	ck_assert_uint_eq(facts.first_msn, 893);
	ck_assert_int_eq(
		render(&(struct playlist_params){ .last = { 889, 0 } }),
		-ENODATA);
}
END_TEST

START_TEST(the_hint_behind_a_closed_segment_is_the_next_ones_first_part)
{
	add(WIRE_INDEPENDENT, 18000);
	add(WIRE_LAST, 18000);
	render(&(struct playlist_params){ .last = anything });
	ck_assert(facts.hint.msn == 891 && facts.hint.part == 0);
	ck_assert_ptr_nonnull(strstr(text, "URI=\"00000abc-891.0.m4s\""));
}
END_TEST

START_TEST(a_reader_that_lacks_old_segments_is_not_told_of_them)
{
	for (int i = 0; i < 3; i++)
		add(WIRE_INDEPENDENT | WIRE_LAST, 90000);
	render(&(struct playlist_params){ .first_msn = 891, .last = anything });
	ck_assert_ptr_nonnull(strstr(text, "MEDIA-SEQUENCE:891\n"));
	ck_assert_ptr_null(strstr(text, "890.m4s"));
	ck_assert_ptr_nonnull(strstr(text, "EXT-X-MAP"));
	ck_assert_int_eq(render(&(struct playlist_params){ .first_msn = 893,
							   .last = anything }),
			 -ENODATA);
}
END_TEST

START_TEST(the_discontinuity_sequence_counts_tags_that_left_the_list)
{
	add(WIRE_LAST, 90000);
	window_jump(window, &(struct window_place){ 0 });
	add(WIRE_LAST, 90000);
	render(&(struct playlist_params){ .last = anything });
	ck_assert_ptr_nonnull(strstr(text, "DISCONTINUITY-SEQUENCE:0\n"));
	ck_assert_ptr_nonnull(strstr(text, "890.m4s\n#EXT-X-DISCONTINUITY\n"
					   "#EXT-X-MAP"));
	render(&(struct playlist_params){ .first_msn = 891, .last = anything });
	ck_assert_ptr_nonnull(strstr(text, "DISCONTINUITY-SEQUENCE:0\n"
					   "#EXT-X-DISCONTINUITY\n"));
	add(WIRE_LAST, 90000);
	render(&(struct playlist_params){ .first_msn = 892, .last = anything });
	ck_assert_ptr_nonnull(strstr(text, "DISCONTINUITY-SEQUENCE:1\n"));
	ck_assert_ptr_null(strstr(text, "#EXT-X-DISCONTINUITY\n"));
}
END_TEST

START_TEST(parts_are_listed_for_the_three_newest_segments_and_the_hinted_counts)
{
	for (int i = 0; i < 4; i++)
		add(WIRE_INDEPENDENT | WIRE_LAST, 90000);
	render(&(struct playlist_params){ .last = anything });
	ck_assert_ptr_null(strstr(text, "891.0.m4s"));
	ck_assert_ptr_nonnull(strstr(text, "892.0.m4s"));
	add(WIRE_INDEPENDENT, 18000);
	render(&(struct playlist_params){ .last = anything });
	ck_assert_ptr_null(strstr(text, "891.0.m4s"));
	ck_assert_ptr_nonnull(strstr(text, "892.0.m4s"));
	ck_assert_ptr_nonnull(strstr(text, "890.m4s")); /* still listed */
}
END_TEST

START_TEST(a_stream_that_is_over_has_an_end_and_no_hint)
{
	add(WIRE_LAST, 90000);
	render(&(struct playlist_params){ .last = anything, .ended = true });
	ck_assert_ptr_nonnull(strstr(text, "m4s\n#EXT-X-ENDLIST\n"));
	ck_assert_ptr_null(strstr(text, "HINT"));
}
END_TEST

START_TEST(a_buffer_of_exactly_the_text_and_its_end_is_enough)
{
	struct playlist_params all = { .last = anything };
	int n;

	add(WIRE_LAST, 90000);
	n = render(&all);
	ck_assert_int_eq(playlist_render(text, (size_t)n, window, &all, &facts),
			 -EMSGSIZE);
	ck_assert_int_eq(
		playlist_render(text, (size_t)n + 1, window, &all, &facts), n);
	ck_assert_uint_gt(playlist_bound(window), (size_t)n);
}
END_TEST

START_TEST(the_bound_holds_for_a_window_full_of_parts)
{
	struct playlist_params all = { .last = anything };

	for (int i = 0; i < 4 * 50; i++)
		add(i % 50 == 49 ? WIRE_LAST : WIRE_INDEPENDENT, 4294967295u);
	ck_assert_uint_gt(playlist_bound(window), (size_t)render(&all));
}
END_TEST

CHECK_MAIN(playlist, setup, teardown, a_young_stream_reads_as_the_rules_want_it,
	   before_the_first_whole_segment_there_is_no_playlist,
	   a_reader_that_lacks_the_newest_parts_is_not_told_of_them,
	   the_list_of_a_reader_that_is_behind_is_as_long_as_any,
	   the_hint_behind_a_closed_segment_is_the_next_ones_first_part,
	   a_reader_that_lacks_old_segments_is_not_told_of_them,
	   the_discontinuity_sequence_counts_tags_that_left_the_list,
	   parts_are_listed_for_the_three_newest_segments_and_the_hinted_counts,
	   a_stream_that_is_over_has_an_end_and_no_hint,
	   a_buffer_of_exactly_the_text_and_its_end_is_enough,
	   the_bound_holds_for_a_window_full_of_parts)
