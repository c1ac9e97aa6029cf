/* SPDX-License-Identifier: MIT */
#include "cloud/http/later.h"

#include <stdio.h>
#include <string.h>

#include "cloud/http/reply.h"
#include "tests/unit/check_main.h"

#define ROUNDS 4

/* The seconds that a reply tells. */
static unsigned int seconds_of(const struct reply *r)
{
	char text[1024];
	size_t n = reply_copy(r, 0, (uint8_t *)text, sizeof(text) - 1);
	unsigned int seconds = 0;

	text[n] = '\0';
	const char *line = strstr(text, "\r\nRetry-After: ");

	ck_assert_ptr_nonnull(line);
	ck_assert_int_eq(sscanf(line, "\r\nRetry-After: %u\r\n", &seconds), 1);
	return seconds;
}

/* As many were told each of the seconds. */
static void check_even(const unsigned int count[static LATER_MOST_S + 1])
{
	ck_assert_uint_eq(count[0], 0);
	for (unsigned int s = 1; s <= LATER_MOST_S; s++)
		ck_assert_uint_eq(count[s], ROUNDS);
}

START_TEST(those_who_come_together_are_told_times_apart)
{
	unsigned int count[LATER_MOST_S + 1] = { 0 };

	for (int i = 0; i < ROUNDS * LATER_MOST_S; i++) {
		struct reply *r = later_new(NULL, "Not now.");

		ck_assert_uint_eq(r->status, 503);
		ck_assert_uint_le(seconds_of(r), LATER_MOST_S);
		count[seconds_of(r)]++;
		reply_release(&r);
	}
	check_even(count);
}
END_TEST

START_TEST(those_that_were_made_before_are_dealt_out_likewise)
{
	unsigned int count[LATER_MOST_S + 1] = { 0 };
	struct later l;

	ck_assert_int_eq(later_make(&l, "Not now."), 0);
	for (int i = 0; i < ROUNDS * LATER_MOST_S; i++) {
		struct reply *r = later_hold(&l);

		count[seconds_of(r)]++;
		reply_release(&r);
	}
	check_even(count);
	later_release(&l);
	ck_assert_ptr_null(l.reply[0]);
	ck_assert_uint_eq(reply_memory(), 0);
}
END_TEST

START_TEST(further_lines_stand_behind_the_time)
{
	struct reply *r = later_new("Oriel-State: asleep\r\n", "Not now.");
	char text[1024];
	size_t n = reply_copy(r, 0, (uint8_t *)text, sizeof(text) - 1);

	text[n] = '\0';
	ck_assert_ptr_nonnull(strstr(text, "\r\nOriel-State: asleep\r\n"));
	ck_assert_ptr_nonnull(strstr(text, "\r\n\r\nNot now.\n"));
	reply_release(&r);
}
END_TEST

START_TEST(what_was_never_made_is_released)
{
	struct later l = { 0 };

	later_release(&l);
	ck_assert_ptr_null(l.reply[0]);
}
END_TEST

CHECK_MAIN(later, NULL, NULL, those_who_come_together_are_told_times_apart,
	   those_that_were_made_before_are_dealt_out_likewise,
	   further_lines_stand_behind_the_time, what_was_never_made_is_released)
