/* SPDX-License-Identifier: MIT */
#include "device/source/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/check_main.h"

static struct child child;
static char words[256];

static void setup(void)
{
	child_init(&child);
}

static void teardown(void)
{
	child_stop(&child, words, sizeof(words));
	/* nothing is left to be reaped */
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}

static void start(const char *script)
{
	const char *const argv[] = { "/bin/sh", "-c", script, NULL };

	ck_assert_int_eq(child_start(&child, argv), 0);
}

/* All that it writes, until it closes its output. */
static const char *read_all(void)
{
	static char text[4096];
	size_t used = 0;
	ssize_t n;

	while ((n = read(child.out_fd, text + used, sizeof(text) - 1 - used)) >
	       0)
		used += (size_t)n;
	text[used] = '\0';
	return text;
}

static void stop(void)
{
	child_stop(&child, words, sizeof(words));
}

START_TEST(its_output_can_be_read)
{
	start("echo one; echo two");
	ck_assert_str_eq(read_all(), "one\ntwo\n");
	stop();
	ck_assert_str_eq(words, "ended with status 0");
}
END_TEST

START_TEST(how_it_ended_and_the_last_that_it_said_is_told)
{
	start("echo first >&2; echo 'no cameras\tavailable' >&2; exit 7");
	read_all();
	stop();
	ck_assert_str_eq(words, "ended with status 7, saying \"no "
				"cameras?available\"");
}
END_TEST

START_TEST(one_that_runs_is_ended_kindly)
{
	start("trap 'echo bye >&2; exit 3' TERM; echo on; "
	      "while :; do :; done");
	ck_assert_int_eq(read(child.out_fd, words, 3), 3);
	stop();
	ck_assert_str_eq(words, "ended with status 3, saying \"bye\"");
}
END_TEST

START_TEST(one_that_does_not_listen_is_killed)
{
	start("trap '' TERM; echo on; while :; do :; done");
	ck_assert_int_eq(read(child.out_fd, words, 3), 3);
	stop();
	ck_assert_str_eq(words, "ended by signal 9");
}
END_TEST

START_TEST(what_it_says_never_stops_it)
{
	start("i=0; while [ $i -lt 3000 ]; do echo "
	      "'a line of some fifty characters, again and again' >&2; "
	      "i=$((i + 1)); done; echo done");
	ck_assert_str_eq(read_all(), "done\n");
}
END_TEST

START_TEST(it_inherits_no_signal_that_we_block_or_ignore)
{
	sigset_t term;
	char *ignored;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	signal(SIGPIPE, SIG_IGN);
	start("sed -n 's/SigBlk:.//p;s/SigIgn:.//p' /proc/self/status");
	sigprocmask(SIG_UNBLOCK, &term, NULL);
	signal(SIGPIPE, SIG_DFL);
	ck_assert_uint_eq(strtoull(read_all(), &ignored, 16), 0);
	ck_assert_uint_eq(strtoull(ignored, NULL, 16) & 1u << (SIGPIPE - 1), 0);
}
END_TEST

START_TEST(what_is_not_there_leaves_nothing_behind)
{
	const char *const argv[] = { "/nonexistent/program", NULL };

	ck_assert_int_eq(child_start(&child, argv), -ENOENT);
	ck_assert_int_eq(child.pid, 0);
	stop();
	ck_assert_str_eq(words, "");
}
END_TEST

START_TEST(a_program_is_found_by_path)
{
	char path[64];

	ck_assert(child_find(path, sizeof(path), "sh"));
	ck_assert_int_eq(access(path, X_OK), 0);
	ck_assert(!child_find(path, sizeof(path), "no-such-program-at-all"));
	ck_assert(!child_find(path, 4, "sh"));
}
END_TEST

CHECK_MAIN(child, setup, teardown, its_output_can_be_read,
	   how_it_ended_and_the_last_that_it_said_is_told,
	   one_that_runs_is_ended_kindly, one_that_does_not_listen_is_killed,
	   what_it_says_never_stops_it,
	   it_inherits_no_signal_that_we_block_or_ignore,
	   NATIVELY(what_is_not_there_leaves_nothing_behind),
	   a_program_is_found_by_path)
