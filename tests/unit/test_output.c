/* SPDX-License-Identifier: MIT */
#include "cloud/output.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/check_main.h"

static struct output *output;
static int ends[2];
static char line[1000], got[4 * OUTPUT_ROOM];

static void setup(void)
{
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(output_open(&output, ends[1]), 0);
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
}

static void teardown(void)
{
	output_close(&output);
	ck_assert_ptr_null(output);
	for (int i = 0; i < 2; i++)
		close(ends[i]);
}

START_TEST(lines_come_out_when_they_are_flushed)
{
	output_add(output, "a\n", 2);
	output_add(output, "b\n", 2);
	output_flush(output);
	ck_assert_int_eq(read(ends[0], got, sizeof(got)), 4);
	ck_assert_int_eq(memcmp(got, "a\nb\n", 4), 0);
}
END_TEST

START_TEST(who_does_not_read_is_not_waited_for)
{
	/* More than a pipe takes (64 KiB), and more than we keep. */
	for (int i = 0; i < 1000; i++)
		output_add(output, line, sizeof(line));
	output_flush(output);
	ck_assert_uint_gt(output->dropped, 500);
	ck_assert_uint_lt(output->dropped, 1000);
}
END_TEST

START_TEST(as_much_as_there_is_room_for_waits_and_not_a_byte_more)
{
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	while (write(ends[1], line, sizeof(line)) > 0)
		; /* nothing goes out */
	for (size_t n = 0; n + sizeof(line) <= OUTPUT_ROOM; n += sizeof(line))
		output_add(output, line, sizeof(line));
	output_add(output, line, OUTPUT_ROOM % sizeof(line));
	ck_assert_uint_eq(output->size, OUTPUT_ROOM);
	ck_assert_uint_eq(output->dropped, 0);
	output_add(output, "\n", 1);
	ck_assert_uint_eq(output->dropped, 1);
}
END_TEST

START_TEST(whole_lines_are_dropped_and_the_others_come)
{
	size_t size = 0;
	ssize_t n;
	unsigned int lines = 0;

	for (int i = 0; i < 1000; i++)
		output_add(output, line, sizeof(line));
	for (int i = 0; i < 10; i++) {
		n = read(ends[0], got + size, 32 << 10);
		ck_assert_int_gt(n, 0);
		size += (size_t)n;
		output_flush(output);
		if (output->size == 0 && size % sizeof(line) == 0 &&
		    size / sizeof(line) == 1000 - output->dropped)
			break;
	}
	ck_assert_uint_eq(size, (1000 - output->dropped) * sizeof(line));
	for (size_t i = 0; i < size; i++)
		lines += got[i] == '\n';
	ck_assert_uint_eq(lines, 1000 - output->dropped);
}
END_TEST

START_TEST(a_reader_that_has_gone_hurts_nobody)
{
	signal(SIGPIPE, SIG_IGN);
	close(ends[0]);
	ends[0] = -1;
	for (int i = 0; i < 1000; i++)
		output_add(output, line, sizeof(line));
	output_flush(output);
	ck_assert_uint_gt(output->dropped, 0);
}
END_TEST

CHECK_MAIN(output, setup, teardown, lines_come_out_when_they_are_flushed,
	   who_does_not_read_is_not_waited_for,
	   as_much_as_there_is_room_for_waits_and_not_a_byte_more,
	   whole_lines_are_dropped_and_the_others_come,
	   a_reader_that_has_gone_hurts_nobody)
