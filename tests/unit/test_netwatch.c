/* SPDX-License-Identifier: MIT */
#include "device/uplink/netwatch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/check_main.h"

/* --- in place of the kernel -------------------------------------------------
 */

static const char *local;   /* of every socket that is asked */
static const char *present; /* the one address that this machine has */
static int waiting;	    /* netlink messages */
static int receive_error;   /* instead of a message */
static bool forbidden;

int getsockname(int fd, struct sockaddr *restrict out, socklen_t *restrict n)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = 7 };

	(void)fd;
	if (!local) {
		errno = EBADF;
		return -1;
	}
	inet_pton(AF_INET, local, &in.sin_addr);
	memcpy(out, &in, sizeof(in));
	*n = sizeof(in);
	return 0;
}

int bind(int fd, const struct sockaddr *address, socklen_t n)
{
	struct sockaddr_in in;
	char text[INET_ADDRSTRLEN];

	(void)fd;
	if (address->sa_family == AF_NETLINK) {
		errno = EPERM;
		return forbidden ? -1 : 0;
	}
	ck_assert_uint_eq(n, sizeof(in));
	memcpy(&in, address, sizeof(in));
	ck_assert_uint_eq(in.sin_port, 0);
	inet_ntop(AF_INET, &in.sin_addr, text, sizeof(text));
	errno = EADDRNOTAVAIL;
	return strcmp(text, present) == 0 ? 0 : -1;
}

ssize_t recv(int fd, void *out, size_t n, int flags)
{
	(void)fd;
	(void)out;
	ck_assert(flags & MSG_DONTWAIT);
	if (receive_error && waiting) {
		waiting--;
		errno = receive_error;
		return -1;
	}
	if (!waiting) {
		errno = EAGAIN;
		return -1;
	}
	waiting--;
	return (ssize_t)n;
}

static struct netwatch watch;

static void setup(void)
{
	local = "10.0.0.1";
	present = "10.0.0.1";
	waiting = receive_error = 0;
	forbidden = false;
	netwatch_open(&watch);
}

static void teardown(void)
{
	netwatch_close(&watch);
}

START_TEST(a_change_is_told_once)
{
	ck_assert(!netwatch_changed(&watch));
	waiting = 3;
	ck_assert(netwatch_changed(&watch));
	ck_assert(!netwatch_changed(&watch));
}
END_TEST

START_TEST(more_changes_than_the_kernel_keeps_are_a_change)
{
	waiting = 1;
	receive_error = ENOBUFS;
	ck_assert(netwatch_changed(&watch));
	ck_assert(!netwatch_changed(&watch));
}
END_TEST

START_TEST(a_storm_of_changes_is_left_for_the_next_time)
{
	waiting = 1000000;
	ck_assert(netwatch_changed(&watch));
	ck_assert_int_gt(waiting, 900000);
}
END_TEST

START_TEST(where_it_is_forbidden_nothing_changes)
{
	netwatch_close(&watch);
	forbidden = true;
	netwatch_open(&watch);
	ck_assert_int_eq(watch.fd, -1);
	waiting = 1;
	ck_assert(!netwatch_changed(&watch));
	netwatch_close(&watch);
}
END_TEST

START_TEST(an_address_that_is_gone_is_known)
{
	ck_assert(netwatch_has_local(0));
	present = "10.0.0.2";
	ck_assert(!netwatch_has_local(0));
	local = NULL; /* no socket: nothing is known against it */
	ck_assert(netwatch_has_local(0));
}
END_TEST

CHECK_MAIN(netwatch, setup, teardown, a_change_is_told_once,
	   more_changes_than_the_kernel_keeps_are_a_change,
	   a_storm_of_changes_is_left_for_the_next_time,
	   where_it_is_forbidden_nothing_changes,
	   an_address_that_is_gone_is_known)
