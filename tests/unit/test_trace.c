/* SPDX-License-Identifier: MIT */
#include "common/trace.h"

#include <errno.h>
#include <stdio.h>

#include "tests/unit/check_main.h"
#include "tests/unit/scratch.h"

static char path[128], text[256];

static void setup(void)
{
	scratch_make();
	snprintf(path, sizeof(path), "%s/trace", scratch);
}

static void teardown(void)
{
	trace_close();
	scratch_remove();
}

static const char *read_file(void)
{
	FILE *file = fopen(path, "re");
	size_t n = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

	text[n] = '\0';
	if (file)
		fclose(file);
	return text;
}

START_TEST(a_mark_before_the_file_is_open_goes_nowhere)
{
	trace_mark_at("closed", (struct wire_position){ 1, 2 }, 3);
	trace_mark("closed", (struct wire_position){ 1, 2 });
	ck_assert_int_eq(trace_open(path), 0);
	ck_assert_str_eq(read_file(), "");
}
END_TEST

START_TEST(a_mark_is_a_line)
{
	ck_assert_int_eq(trace_open(path), 0);
	trace_mark_at("closed", (struct wire_position){ 2147483647, 999 },
		      1234567890123456);
	trace_mark_at("sent", (struct wire_position){ 0, 0 }, 1);
	ck_assert_str_eq(read_file(), "1234567890123456 closed 2147483647.999\n"
				      "1 sent 0.0\n");
}
END_TEST

START_TEST(a_mark_without_a_time_is_now)
{
	char *end;

	ck_assert_int_eq(trace_open(path), 0);
	trace_mark("stored", (struct wire_position){ 7, 8 });
	ck_assert(strtoll(read_file(), &end, 10) > 0);
	ck_assert_str_eq(end, " stored 7.8\n");
}
END_TEST

START_TEST(what_is_in_the_file_stays)
{
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(trace_open(path), 0);
		trace_mark_at("x", (struct wire_position){ 0 }, i);
		trace_close();
	}
	trace_mark_at("x", (struct wire_position){ 0 }, 9);
	ck_assert_str_eq(read_file(), "0 x 0.0\n1 x 0.0\n");
}
END_TEST

START_TEST(a_file_that_cannot_be_made_is_an_error)
{
	ck_assert_int_eq(trace_open("/dev/null/trace"), -ENOTDIR);
	trace_mark_at("x", (struct wire_position){ 0 }, 0);
}
END_TEST

CHECK_MAIN(trace, setup, teardown, a_mark_before_the_file_is_open_goes_nowhere,
	   a_mark_is_a_line, a_mark_without_a_time_is_now,
	   what_is_in_the_file_stays, a_file_that_cannot_be_made_is_an_error)
