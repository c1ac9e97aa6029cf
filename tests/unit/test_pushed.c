/* SPDX-License-Identifier: MIT */
#include "device/push/pushed.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/check_main.h"

#define EPOCH 0x5a6b7c8d

static struct pushed *pushed;
static char text[8192];

static void setup(void)
{
	ck_assert_int_eq(pushed_open(&pushed, 3, 2000), 0);
}

static void teardown(void)
{
	pushed_close(&pushed);
}

static struct pushed_segment make(uint32_t msn)
{
	return (struct pushed_segment){
		.epoch = EPOCH,
		.msn = msn,
		.init = 0xab,
		.start_us = 1700000000000000 + msn * INT64_C(1000000),
		.duration_90k = 90000,
	};
}

static void add(uint32_t msn)
{
	struct pushed_segment s = make(msn);

	pushed_add(pushed, &s);
}

static const char *render(void)
{
	size_t n = pushed_render(pushed, false, text, pushed_text_size(pushed));

	ck_assert_uint_lt(n, pushed_text_size(pushed));
	ck_assert_uint_eq(n, strlen(text));
	return text;
}

/* "10 11 12": the numbers that are listed. */
static const char *listed(void)
{
	static char out[256];
	size_t n = 0;

	out[0] = '\0';
	for (const char *at = render(); (at = strstr(at, "\n5a6b7c8d-")); at++)
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%ld",
				      n ? " " : "", strtol(at + 10, NULL, 10));
	return out;
}

/* Deletes all that is stale: "5a6b7c8d-9.m4s ...". */
static const char *sweep(void)
{
	static char out[1024];
	char name[NAME_SIZE];
	size_t n = 0;

	out[0] = '\0';
	while (pushed_stale(pushed, name)) {
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%s",
				      n ? " " : "", name);
		pushed_drop_stale(pushed);
	}
	return out;
}

START_TEST(the_playlist_is_plain_and_whole)
{
	struct pushed_segment s = make(8);

	add(7);
	s.follows_jump = true;
	s.discontinuity = 1;
	s.init = 0xcd;
	s.duration_90k = 95512;
	pushed_add(pushed, &s);
	ck_assert_str_eq(render(),
			 "#EXTM3U\n"
			 "#EXT-X-VERSION:7\n"
			 "#EXT-X-TARGETDURATION:2\n"
			 "#EXT-X-MEDIA-SEQUENCE:7\n"
			 "#EXT-X-DISCONTINUITY-SEQUENCE:0\n"
			 "#EXT-X-MAP:URI=\"init-000000ab.mp4\"\n"
			 "#EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:27.000Z\n"
			 "#EXTINF:1.00000,\n"
			 "5a6b7c8d-7.m4s\n"
			 "#EXT-X-DISCONTINUITY\n"
			 "#EXT-X-MAP:URI=\"init-000000cd.mp4\"\n"
			 "#EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:28.000Z\n"
			 "#EXTINF:1.06124,\n"
			 "5a6b7c8d-8.m4s\n");
}
END_TEST

START_TEST(the_last_playlist_says_that_it_is)
{
	char before[sizeof(text)];

	add(7);
	snprintf(before, sizeof(before), "%s", render());
	pushed_render(pushed, true, text, pushed_text_size(pushed));
	ck_assert_uint_eq(strlen(text), strlen(before) + 15);
	ck_assert_mem_eq(text, before, strlen(before));
	ck_assert_str_eq(text + strlen(before), "#EXT-X-ENDLIST\n");
}
END_TEST

START_TEST(a_jump_before_the_first_one_is_counted_once)
{
	struct pushed_segment s = make(8);

	s.follows_jump = true;
	s.discontinuity = 4;
	pushed_add(pushed, &s);
	ck_assert_ptr_nonnull(strstr(render(), "DISCONTINUITY-SEQUENCE:3\n"));
}
END_TEST

START_TEST(as_many_are_listed_as_may_be_and_stay_as_long_again)
{
	for (uint32_t msn = 1; msn <= 6; msn++)
		add(msn);
	ck_assert_str_eq(listed(), "4 5 6");
	ck_assert_str_eq(sweep(), "");
	add(7);
	ck_assert_str_eq(listed(), "5 6 7");
	ck_assert_str_eq(sweep(), "5a6b7c8d-1.m4s");
}
END_TEST

START_TEST(an_init_goes_with_the_last_segment_that_needs_it)
{
	struct pushed_segment s = make(1);

	s.init = 0xee;
	pushed_add(pushed, &s);
	ck_assert(pushed_has_init(pushed, 0xee));
	for (uint32_t msn = 2; msn <= 7; msn++)
		add(msn);
	ck_assert_str_eq(sweep(), "5a6b7c8d-1.m4s init-000000ee.mp4");
	ck_assert(!pushed_has_init(pushed, 0xee));
	add(8);
	ck_assert_str_eq(sweep(), "5a6b7c8d-2.m4s");
	ck_assert(pushed_has_init(pushed, 0xab));
}
END_TEST

START_TEST(behind_a_hole_nothing_older_is_listed)
{
	add(1);
	add(2);
	add(4);
	ck_assert_str_eq(listed(), "4");
	add(5);
	ck_assert_str_eq(listed(), "4 5");
}
END_TEST

START_TEST(when_nothing_can_be_deleted_it_does_not_grow)
{
	for (uint32_t msn = 1; msn <= 1000; msn++)
		add(msn);
	ck_assert_str_eq(listed(), "998 999 1000");
	ck_assert_uint_lt(strlen(sweep()), 500);
}
END_TEST

START_TEST(what_an_earlier_process_left_is_known_goes_on_and_goes_away)
{
	struct pushed_segment newest, s;

	for (uint32_t msn = 20; msn <= 22; msn++)
		add(msn);
	render();
	pushed_close(&pushed);
	setup();
	ck_assert(pushed_learn(pushed, text, &newest));
	ck_assert_uint_eq(newest.msn, 22);
	ck_assert_uint_eq(newest.epoch, EPOCH);
	ck_assert(pushed_has_init(pushed, 0xab));
	s = make(21);
	ck_assert(pushed_has(pushed, &s));
	s.epoch++;
	ck_assert(!pushed_has(pushed, &s));

	/* Those that our own spool still has are listed again ... */
	add(21);
	add(22);
	add(23);
	ck_assert_str_eq(listed(), "21 22 23");
	/* ... and what had fallen out when it was killed goes. */
	ck_assert_str_eq(sweep(), "5a6b7c8d-15.m4s 5a6b7c8d-16.m4s "
				  "5a6b7c8d-17.m4s");
}
END_TEST

START_TEST(discontinuities_of_an_earlier_process_are_counted)
{
	struct pushed_segment newest;

	ck_assert(pushed_learn(pushed,
			       "#EXTM3U\r\n#EXT-X-DISCONTINUITY-SEQUENCE:5\r\n"
			       "5a6b7c8d-30.m4s\r\n#EXT-X-DISCONTINUITY\r\n"
			       "5a6b7c8e-31.m4s\r\n",
			       &newest));
	ck_assert_uint_eq(newest.msn, 31);
	ck_assert_uint_eq(newest.discontinuity, 6);
}
END_TEST

START_TEST(what_is_no_playlist_of_ours_says_nothing)
{
	static const char *const texts[] = { "", "<html>\n5a6b7c8d-7.m4s\n",
					     "#EXTM3U\nsegment7.ts\n",
					     "#EXTM3U\n5a6b7c8d-7.3.m4s\n",
					     "#EXTM3U" };
	struct pushed_segment newest;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		ck_assert(!pushed_learn(pushed, texts[i], &newest));
}
END_TEST

CHECK_MAIN(pushed, setup, teardown, the_playlist_is_plain_and_whole,
	   the_last_playlist_says_that_it_is,
	   a_jump_before_the_first_one_is_counted_once,
	   as_many_are_listed_as_may_be_and_stay_as_long_again,
	   an_init_goes_with_the_last_segment_that_needs_it,
	   behind_a_hole_nothing_older_is_listed,
	   when_nothing_can_be_deleted_it_does_not_grow,
	   what_an_earlier_process_left_is_known_goes_on_and_goes_away,
	   discontinuities_of_an_earlier_process_are_counted,
	   what_is_no_playlist_of_ours_says_nothing)
