/* SPDX-License-Identifier: MIT */
#include "device/status/relay_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/check_main.h"

static struct relay_state s;

/* As docs/http.md shows it. */
static const char whole[] =
	"{\"camera\":\"porch\",\"state\":\"live\",\"viewers\":2,"
	"\"age_ms\":120,\"msn\":1234,\"part\":3,\"target_ms\":2000,"
	"\"part_target_ms\":334,\"poster_ms\":1763823590123,"
	"\"device\":{\"mode\":\"live\",\"age_ms\":800,\"behind_ms\":90,"
	"\"bitrate\":1000000,\"skipped_ms\":1500,\"checkin_s\":0,"
	"\"note\":\"A } \\\"note\\\".\"},\"now_ms\":1763823600123}\n";

START_TEST(all_that_is_known_is_read)
{
	ck_assert_int_eq(relay_state_parse(&s, whole), 0);
	ck_assert_str_eq(s.camera, "porch");
	ck_assert_str_eq(s.state, "live");
	ck_assert_int_eq(s.viewers, 2);
	ck_assert_int_eq(s.age_ms, 120);
	ck_assert_int_eq(s.poster_ms, 1763823590123);
	ck_assert_int_eq(s.now_ms, 1763823600123);
	ck_assert_str_eq(s.mode, "live");
	ck_assert_int_eq(s.said_ms, 800);
	ck_assert_int_eq(s.behind_ms, 90);
	ck_assert_int_eq(s.bitrate, 1000000);
	ck_assert_int_eq(s.skipped_ms, 1500);
	ck_assert_int_eq(s.checkin_s, 0);
	ck_assert_str_eq(s.note, "A } \"note\".");
}
END_TEST

START_TEST(a_camera_that_never_came_has_no_age)
{
	ck_assert_int_eq(relay_state_parse(&s, "{\"camera\":\"x\",\"state\":"
					       "\"waiting\",\"viewers\":0,"
					       "\"now_ms\":1}"),
			 0);
	ck_assert_int_eq(s.age_ms, -1);
	ck_assert_str_eq(s.mode, "");
	ck_assert(!relay_state_is_up(&s));
}
END_TEST

START_TEST(what_a_later_relay_tells_besides_is_passed_over)
{
	ck_assert_int_eq(
		relay_state_parse(
			&s,
			"{\"new\":{\"a\":{\"b\":\"}\"},\"c\":1},"
			"\"on\":true,\"list\":[1,{\"b\":null}],\"half\":0.5,"
			"\"state\":\"asleep\","
			"\"device\":{\"new\":{\"a\":1},"
			"\"mode\":\"quiet\"}}"),
		0);
	ck_assert_str_eq(s.state, "asleep");
	ck_assert_str_eq(s.mode, "quiet");
	ck_assert(relay_state_is_up(&s));
}
END_TEST

START_TEST(a_terminal_is_left_in_peace)
{
	ck_assert_int_eq(relay_state_parse(
				 &s, "{\"state\":\"live\",\"device\":"
				     "{\"note\":\"a\\u001b[2Jb\x7f\\u001b\"}}"),
			 0);
	ck_assert_str_eq(s.note, "a [2Jb  ");
}
END_TEST

START_TEST(everything_else_is_refused)
{
	static const char *const bad[] = {
		"",
		"ok\n",
		"<!doctype html>",
		"{}",
		"[]",
		"{\"viewers\":1}",
		"{\"state\":5}",
		"{\"state\":\"live\"",
		"{\"state\":\"live\"} and more",
		"{\"state\":\"live\",\"viewers\":many}",
		"{\"state\":\"live\",\"viewers\":1.5}",
		"{\"state\":\"a\x1b[2J\"}",
		"{\"state\":\"live\",\"device\":{\"mode\":5}}",
		("{\"state\":\"live\",\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":"
		 "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1"
		 "}}}}}}}}}}}}}}"),
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(relay_state_parse(&s, bad[i]) == -EPROTO, "%s",
			      bad[i]);
}
END_TEST

START_TEST(an_answer_cut_anywhere_is_refused)
{
	char cut[sizeof(whole)];

	for (size_t i = 0; i < sizeof(whole) - 2; i++) {
		memcpy(cut, whole, i);
		cut[i] = '\0';
		ck_assert_int_eq(relay_state_parse(&s, cut), -EPROTO);
	}
}
END_TEST

static void expect_words(const char *expected)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(out);
	relay_state_print(out, &s);
	fclose(out);
	ck_assert_str_eq(text, expected);
	free(text);
}

START_TEST(it_is_said_in_words)
{
	ck_assert_int_eq(relay_state_parse(&s, whole), 0);
	expect_words("Camera     porch: it is live; 2 watch\n"
		     "Newest     0.1 s ago\n"
		     "Poster     10 s ago\n"
		     "Sending    live, 1000 kbit/s, as it said 0 s ago\n"
		     "Behind     0.1 s\n"
		     "Skipped    1.5 s, because the line was slow\n"
		     "Note       A } \"note\".\n");
}
END_TEST

START_TEST(a_camera_asleep_is_said_in_words)
{
	ck_assert_int_eq(
		relay_state_parse(&s,
				  "{\"camera\":\"porch\",\"state\":\"asleep\""
				  ",\"viewers\":1,\"device\":{\"mode\":"
				  "\"asleep\",\"age_ms\":61000,"
				  "\"checkin_s\":10}}"),
		0);
	expect_words(
		"Camera     porch: it is asleep or quiet, because nobody "
		"watches; 1 watches\n"
		"Sending    asleep, asks every 10 s, as it said 61 s ago\n");
}
END_TEST

CHECK_MAIN(relay_state, NULL, NULL, all_that_is_known_is_read,
	   a_camera_that_never_came_has_no_age,
	   what_a_later_relay_tells_besides_is_passed_over,
	   a_terminal_is_left_in_peace, everything_else_is_refused,
	   an_answer_cut_anywhere_is_refused, it_is_said_in_words,
	   a_camera_asleep_is_said_in_words)
