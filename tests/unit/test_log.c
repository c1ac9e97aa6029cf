/* SPDX-License-Identifier: MIT */
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/check_main.h"

#define LOG_MODULE "test"

static int saved_stderr, pipe_end;

/* stderr is a pipe from here on, as below Docker. */
static void redirect(void)
{
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	saved_stderr = dup(STDERR_FILENO);
	ck_assert_int_ge(saved_stderr, 0);
	ck_assert_int_eq(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);
	close(fds[1]);
	pipe_end = fds[0];
	log_set_level(LOG_INFO);
	unsetenv("JOURNAL_STREAM");
	log_begin();
}

static void restore(void)
{
	unsetenv("JOURNAL_STREAM");
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	close(pipe_end);
}

/* What was written since the last call. */
static const char *written(void)
{
	static char text[8192];
	ssize_t n = read(pipe_end, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

START_TEST(a_line_has_a_word_the_module_and_the_text)
{
	log_error("cannot open %s: %d", "/dev/video0", 5);
	ck_assert_str_eq(written(), "error test: cannot open /dev/video0: 5\n");
	log_warn("slow");
	ck_assert_str_eq(written(), "warning test: slow\n");
	log_info("live");
	ck_assert_str_eq(written(), "info test: live\n");
}
END_TEST

/* As systemd tells what it has opened; `other` is added to the inode. */
static void tell_of_a_journal(uintmax_t other)
{
	char stream[64];
	struct stat st;

	ck_assert_int_eq(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
		 (uintmax_t)st.st_ino + other);
	setenv("JOURNAL_STREAM", stream, 1);
	log_begin();
}

START_TEST(the_journal_gets_its_priority_instead)
{
	char mark[LOG_MARK_SIZE];

	tell_of_a_journal(0);
	log_error("a");
	log_warn("b");
	log_info("c");
	ck_assert_str_eq(written(), "<3>test: a\n<4>test: b\n<6>test: c\n");
	ck_assert_int_eq(log_mark(mark, sizeof(mark), LOG_WARN), 3);
	ck_assert_str_eq(mark, "<4>");
}
END_TEST

START_TEST(a_journal_that_is_not_ours_gets_no_priority)
{
	static const char *const streams[] = { "",    "1",   ":",    "1:",
					       "x:y", "0:0", "-1:-1" };

	tell_of_a_journal(1);
	log_info("a");
	ck_assert_str_eq(written(), "info test: a\n");
	for (size_t i = 0; i < sizeof(streams) / sizeof(*streams); i++) {
		setenv("JOURNAL_STREAM", streams[i], 1);
		log_begin();
		log_info("a");
		ck_assert_str_eq(written(), "info test: a\n");
	}
}
END_TEST

START_TEST(what_stderr_is_is_asked_for_once)
{
	log_info("a");
	tell_of_a_journal(0);
	unsetenv("JOURNAL_STREAM");
	log_info("b");
	log_begin();
	log_info("c");
	ck_assert_str_eq(written(), "info test: a\n<6>test: b\ninfo test: c\n");
}
END_TEST

START_TEST(a_file_gets_the_time_too_as_nobody_else_adds_it)
{
	FILE *file = tmpfile();
	char text[128] = "", again[128], mark[LOG_MARK_SIZE];
	struct tm tm = { 0 };
	const char *rest;
	time_t then;

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(dup2(fileno(file), STDERR_FILENO), STDERR_FILENO);
	log_begin();
	log_warn("slow");
	ck_assert_int_gt(pread(STDERR_FILENO, text, sizeof(text) - 1, 0), 0);
	fclose(file);
	rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	ck_assert_ptr_nonnull(rest);
	ck_assert_int_eq(strspn(rest + 1, "0123456789"), 3);
	snprintf(again, sizeof(again), ".%.3sZ warning test: slow\n", rest + 1);
	ck_assert_str_eq(rest, again);
	then = timegm(&tm);
	ck_assert_int_le(llabs((long long)then - time(NULL)), 3600);
	ck_assert_int_eq(log_mark(mark, sizeof(mark), LOG_ERROR),
			 strlen("2026-11-23T03:33:16.123Z error "));
}
END_TEST

START_TEST(lines_above_the_level_are_not_written)
{
	log_debug("unheard");
	ck_assert_str_eq(written(), "");
	log_set_level(LOG_DEBUG);
	log_debug("heard");
	ck_assert_str_eq(written(), "debug test: heard\n");
	log_set_level(LOG_ERROR);
	log_warn("unheard");
	ck_assert_str_eq(written(), "");
	log_error("heard");
	ck_assert_str_eq(written(), "error test: heard\n");
}
END_TEST

START_TEST(one_event_is_one_line_whatever_its_text)
{
	log_info("from a library\n");
	ck_assert_str_eq(written(), "info test: from a library\n");
	log_info("two\nlines\tand \x1b[31mred\x7f");
	ck_assert_str_eq(written(), "info test: two?lines and ?[31mred?\n");
	log_info("%s", "");
	ck_assert_str_eq(written(), "info test: \n");
	log_info("caf\xc3\xa9");
	ck_assert_str_eq(written(), "info test: caf\xc3\xa9\n");
}
END_TEST

START_TEST(a_line_too_long_is_cut_and_shows_it)
{
	static const char end[] = "x ...\n";
	char text[5000];
	const char *line;

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	log_info("%s", text);
	line = written();
	ck_assert_uint_eq(strlen(line), 2048);
	ck_assert_str_eq(line + strlen(line) - strlen(end), end);
}
END_TEST

START_TEST(the_longest_line_is_written_whole)
{
	char text[2048 - sizeof("info test: ") + 1];
	const char *line;

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	log_info("%s", text);
	line = written();
	ck_assert_uint_eq(strlen(line), 2048);
	ck_assert_str_eq(line + 2048 - 5, "xxxx\n");
	log_info("%sx", text);
	line = written();
	ck_assert_uint_eq(strlen(line), 2048);
	ck_assert_str_eq(line + 2048 - 5, " ...\n");
}
END_TEST

START_TEST(errno_is_left_alone)
{
	errno = ENOENT;
	log_info("%m");
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_str_eq(written(), "info test: No such file or directory\n");
}
END_TEST

START_TEST(a_closed_stderr_is_no_reason_to_fail)
{
	close(STDERR_FILENO);
	errno = ENOENT;
	log_error("unheard");
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

/* Blocking, as stderr is below systemd or Docker. */
static size_t fill(void)
{
	int flags = fcntl(STDERR_FILENO, F_GETFL);
	static const char block[1024];
	size_t n = 0;

	fcntl(STDERR_FILENO, F_SETFL, flags | O_NONBLOCK);
	while (write(STDERR_FILENO, block, sizeof(block)) > 0)
		n += sizeof(block);
	fcntl(STDERR_FILENO, F_SETFL, flags & ~O_NONBLOCK);
	return n;
}

static void empty(size_t n)
{
	char block[1024];

	while (n) {
		ssize_t got = read(pipe_end, block,
				   n < sizeof(block) ? n : sizeof(block));

		ck_assert_int_gt(got, 0);
		n -= (size_t)got;
	}
}

START_TEST(who_does_not_read_holds_nobody_up_and_is_told_what_he_missed)
{
	size_t n = fill();

	for (int i = 0; i < 1000; i++)
		log_info("missed");
	empty(n);
	ck_assert_str_eq(written(), "");
	log_info("here");
	ck_assert_str_eq(written(),
			 "warning log: 1000 lines were left out here: "
			 "nobody read them\ninfo test: here\n");
	log_info("again");
	ck_assert_str_eq(written(), "info test: again\n");
}
END_TEST

START_TEST(a_socket_that_nobody_reads_holds_nobody_up_either)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ck_assert_int_eq(dup2(pair[1], STDERR_FILENO), STDERR_FILENO);
	for (int i = 0; i < 100000; i++)
		log_info("%01000d", i);
	close(pair[0]);
	close(pair[1]);
}
END_TEST

START_TEST(a_terminal_gets_the_time_and_a_word_instead)
{
	int terminal = posix_openpt(O_RDWR | O_NOCTTY);
	char name[64], text[128] = "", level[16];
	int hour, minute, second, ms, shown;

	ck_assert_int_ge(terminal, 0);
	ck_assert_int_eq(grantpt(terminal), 0);
	ck_assert_int_eq(unlockpt(terminal), 0);
	ck_assert_int_eq(ptsname_r(terminal, name, sizeof(name)), 0);
	shown = open(name, O_RDWR | O_NOCTTY);
	ck_assert_int_ge(shown, 0);
	ck_assert_int_eq(dup2(shown, STDERR_FILENO), STDERR_FILENO);
	log_begin();
	log_warn("slow");
	ck_assert_int_eq(log_mark(level, sizeof(level), LOG_ERROR), 0);
	ck_assert_str_eq(level, "");
	ck_assert_int_gt(read(terminal, text, sizeof(text) - 1), 0);
	close(shown);
	close(terminal);
	ck_assert_int_eq(sscanf(text, "%2d:%2d:%2d.%3d %15s", &hour, &minute,
				&second, &ms, level),
			 5);
	ck_assert_str_eq(level, "warning");
	ck_assert_ptr_nonnull(strstr(text, " test: slow"));
}
END_TEST

START_TEST(escape_makes_every_byte_printable)
{
	char out[64];
	char all[256];

	ck_assert_str_eq(log_escape(out, sizeof(out), "a\nb\x1b\x7f\xff~ ", 8),
			 "a?b???~ ");
	ck_assert_str_eq(log_escape(out, sizeof(out), "a\0b", 3), "a?b");
	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	for (size_t i = 0; i < 256; i++) {
		log_escape(out, sizeof(out), &all[i], 1);
		ck_assert_int_ge(out[0], ' ');
		ck_assert_int_le(out[0], '~');
	}
}
END_TEST

START_TEST(escape_never_writes_more_than_it_may)
{
	char out[5] = "....";

	ck_assert_str_eq(log_escape(out, 4, "abcdef", 6), "abc");
	ck_assert_int_eq(out[4], '\0');
	ck_assert_str_eq(log_escape(out, 4, "abc", 3), "abc");
	ck_assert_str_eq(log_escape(out, 4, "abc", 2), "ab");
	ck_assert_str_eq(log_escape(out, 1, "abc", 3), "");
	out[0] = '!';
	ck_assert_ptr_eq(log_escape(out, 0, "abc", 3), out);
	ck_assert_int_eq(out[0], '!');
}
END_TEST

CHECK_MAIN(log, redirect, restore, a_line_has_a_word_the_module_and_the_text,
	   the_journal_gets_its_priority_instead,
	   a_journal_that_is_not_ours_gets_no_priority,
	   what_stderr_is_is_asked_for_once,
	   a_file_gets_the_time_too_as_nobody_else_adds_it,
	   lines_above_the_level_are_not_written,
	   one_event_is_one_line_whatever_its_text,
	   a_line_too_long_is_cut_and_shows_it,
	   the_longest_line_is_written_whole, errno_is_left_alone,
	   a_closed_stderr_is_no_reason_to_fail,
	   who_does_not_read_holds_nobody_up_and_is_told_what_he_missed,
	   a_socket_that_nobody_reads_holds_nobody_up_either,
	   a_terminal_gets_the_time_and_a_word_instead,
	   escape_makes_every_byte_printable,
	   escape_never_writes_more_than_it_may)
