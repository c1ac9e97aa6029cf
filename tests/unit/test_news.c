/* SPDX-License-Identifier: MIT */
#include "device/uplink/news.h"

#include <string.h>

#include "tests/unit/check_main.h"

static struct news news;

static void setup(void)
{
	memset(&news, 0, sizeof(news));
}

static const char *end(const char *why, bool live)
{
	return news_of_end(&news, "relay:8080", why, OUTCOME_LOST, live)
		       ? news.line
		       : NULL;
}

START_TEST(an_end_names_relay_reason_and_next_step)
{
	ck_assert_str_eq(end("it is gone", false),
			 "relay:8080: it is gone; trying again");
}
END_TEST

START_TEST(behind_a_question_a_sentence_begins)
{
	ck_assert_str_eq(end("it hangs up: is that its port?", false),
			 "relay:8080: it hangs up: is that its port? Trying "
			 "again");
	ck_assert_str_eq(end("", false), "relay:8080: ; trying again");
}
END_TEST

START_TEST(with_another_connection_nothing_is_to_be_done)
{
	ck_assert_str_eq(end("it is gone", true),
			 "relay:8080: it is gone; staying on the connection "
			 "that there is");
}
END_TEST

START_TEST(the_same_is_not_said_again)
{
	ck_assert_ptr_nonnull(end("it is gone", false));
	ck_assert_ptr_null(end("it is gone", false));
	ck_assert_ptr_nonnull(end("it is broken", false));
	ck_assert_ptr_nonnull(end("it is gone", false));
}
END_TEST

START_TEST(the_same_is_said_again_when_it_worked_for_a_while)
{
	ck_assert_ptr_nonnull(end("it is gone", false));
	ck_assert(news_of_connection(&news));
	ck_assert_ptr_null(end("it is gone", false));
	news_settle(&news);
	ck_assert_ptr_nonnull(end("it is gone", false));
}
END_TEST

/* Lines of a log that are read one by one: connected, lost, connected. */
START_TEST(a_connection_is_news_when_the_lack_of_it_was)
{
	ck_assert(news_of_connection(&news));
	ck_assert(!news_of_connection(&news)); /* took over */
	ck_assert_ptr_nonnull(end("it is gone", true));
	ck_assert(!news_of_connection(&news)); /* was there all the time */
	ck_assert_ptr_nonnull(end("it is gone", false));
	ck_assert(news_of_connection(&news));
	ck_assert_ptr_null(end("it is gone", false)); /* flaps */
	ck_assert(!news_of_connection(&news));
}
END_TEST

START_TEST(what_is_too_long_is_cut_and_known_again)
{
	char why[1000];

	memset(why, 'x', sizeof(why) - 1);
	why[sizeof(why) - 1] = '\0';
	ck_assert_uint_eq(strlen(end(why, false)), sizeof(news.line) - 1);
	ck_assert_ptr_null(end(why, false));
}
END_TEST

CHECK_MAIN(news, setup, NULL, an_end_names_relay_reason_and_next_step,
	   behind_a_question_a_sentence_begins,
	   with_another_connection_nothing_is_to_be_done,
	   the_same_is_not_said_again,
	   the_same_is_said_again_when_it_worked_for_a_while,
	   a_connection_is_news_when_the_lack_of_it_was,
	   what_is_too_long_is_cut_and_known_again)
