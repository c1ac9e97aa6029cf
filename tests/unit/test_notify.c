/* SPDX-License-Identifier: MIT */
#include "common/notify.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/clock.h"
#include "tests/unit/check_main.h"
#include "tests/unit/scratch.h"

static char path[sizeof(scratch) + 16];
static int manager = -1;

/* A service manager at `name`, which may begin with '@'. */
static void manage(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t n = strlen(name);

	ck_assert_uint_le(n, sizeof(address.sun_path));
	memcpy(address.sun_path, name, n);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ck_assert_int_ge(manager, 0);
	ck_assert_int_eq(
		bind(manager, (struct sockaddr *)&address,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)),
		0);
	setenv("NOTIFY_SOCKET", name, 1);
}

static void begin(void)
{
	scratch_make();
	snprintf(path, sizeof(path), "%s/notify", scratch);
	manager = -1;
	unsetenv("NOTIFY_SOCKET");
}

static void end(void)
{
	if (manager >= 0)
		close(manager);
	unsetenv("NOTIFY_SOCKET");
	scratch_remove();
}

/* What it was told, one datagram; "": nothing. */
static const char *told(void)
{
	static char text[4096];
	ssize_t n = recv(manager, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void expect_all(void)
{
	notify_ready(NULL);
	ck_assert_str_eq(told(), "READY=1");
	notify_ready("listening");
	ck_assert_str_eq(told(), "READY=1\nSTATUS=listening");
	notify_status("live");
	ck_assert_str_eq(told(), "STATUS=live");
	notify_status("");
	ck_assert_str_eq(told(), "STATUS=");
	notify_stopping();
	ck_assert_str_eq(told(), "STOPPING=1");
	ck_assert_str_eq(told(), "");
}

START_TEST(a_manager_at_a_path_is_told)
{
	manage(path);
	expect_all();
}
END_TEST

START_TEST(a_manager_with_an_abstract_name_is_told)
{
	char name[64];

	snprintf(name, sizeof(name), "@oriel-test-notify-%d", (int)getpid());
	manage(name);
	expect_all();
}
END_TEST

START_TEST(the_longest_name_is_told_and_a_longer_one_is_not)
{
	char name[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1];

	memset(name, 'x', sizeof(name));
	name[0] = '@';
	name[sizeof(name) - 2] = '\0'; /* 107 */
	manage(name);
	notify_stopping();
	ck_assert_str_eq(told(), "STOPPING=1");
	close(manager);
	name[sizeof(name) - 2] = 'x'; /* 108: fills the address */
	name[sizeof(name) - 1] = '\0';
	manage(name);
	notify_stopping();
	ck_assert_str_eq(told(), "");
}
END_TEST

START_TEST(a_status_is_one_line_whatever_is_in_it)
{
	char text[1000];

	manage(path);
	notify_status("a\nMAINPID=1\r\x1b[31m\xff z");
	ck_assert_str_eq(told(), "STATUS=a?MAINPID=1??[31m? z");
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	notify_ready(text);
	ck_assert_uint_eq(strlen(told()), strlen("READY=1\nSTATUS=") + 255);
}
END_TEST

START_TEST(where_nobody_asks_or_hears_nothing_happens)
{
	static const char *const names[] = { "",
					     "/",
					     "@",
					     "vsock:2:1234",
					     "relative",
					     "/nonexistent/notify",
					     "@nobody-has-this-name" };
	int before = dup(STDIN_FILENO), after;

	close(before);
	notify_ready("x");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		setenv("NOTIFY_SOCKET", names[i], 1);
		notify_ready("x");
		notify_stopping();
	}
	after = dup(STDIN_FILENO);
	close(after);
	ck_assert_int_eq(before, after);
}
END_TEST

/*
 * Sends to it all that one socket can; whether that was anything. How much of
 * it fits is up to each sender and to the manager (max_dgram_qlen, unix(7)).
 */
static bool fill(void)
{
	int sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	bool some = false;

	ck_assert_int_ge(sender, 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	while (sendto(sender, "x", 1, 0, (struct sockaddr *)&address,
		      sizeof(address)) > 0)
		some = true;
	ck_assert_int_eq(errno, EAGAIN);
	close(sender);
	return some;
}

START_TEST(a_manager_that_does_not_read_is_left_after_a_second)
{
	int64_t began_us;

	manage(path);
	while (fill())
		;
	began_us = clock_monotonic_us();
	notify_stopping();
	ck_assert_int_ge(clock_monotonic_us() - began_us, 900000);
}
END_TEST

CHECK_MAIN(notify, begin, end, a_manager_at_a_path_is_told,
	   a_manager_with_an_abstract_name_is_told,
	   the_longest_name_is_told_and_a_longer_one_is_not,
	   a_status_is_one_line_whatever_is_in_it,
	   where_nobody_asks_or_hears_nothing_happens,
	   a_manager_that_does_not_read_is_left_after_a_second)
