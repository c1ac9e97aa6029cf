/* SPDX-License-Identifier: MIT */
#include "device/uplink/https_sockets.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/check_main.h"

static struct https_sockets sockets;

static void setup(void)
{
	sockets = (struct https_sockets){ 0 };
}

/* A socket on loopback, with a port that the kernel chose. */
static int open_socket(int family, uint16_t *port)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
				   .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr *at = family == AF_INET ? (struct sockaddr *)&v4
						: (struct sockaddr *)&v6;
	socklen_t n = family == AF_INET ? sizeof(v4) : sizeof(v6);
	int fd = socket(family, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, at, n) < 0 || getsockname(fd, at, &n) < 0) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	*port = ntohs(family == AF_INET ? v4.sin_port : v6.sin6_port);
	return fd;
}

START_TEST(a_socket_is_found_by_its_port_and_no_other_one)
{
	uint16_t a_port = 0, b_port = 0;
	int a = open_socket(AF_INET, &a_port),
	    b = open_socket(AF_INET, &b_port);

	ck_assert(a >= 0 && b >= 0);
	ck_assert_int_eq(https_sockets_find(&sockets, a_port), -1);
	https_sockets_add(&sockets, a);
	ck_assert_int_eq(https_sockets_find(&sockets, a_port), a);
	ck_assert_int_eq(https_sockets_find(&sockets, b_port), -1);
	https_sockets_add(&sockets, b);
	ck_assert_int_eq(https_sockets_find(&sockets, a_port), a);
	ck_assert_int_eq(https_sockets_find(&sockets, b_port), b);
	close(a);
	close(b);
}
END_TEST

START_TEST(one_of_version_six_is_found_too)
{
	uint16_t port = 0;
	int fd = open_socket(AF_INET6, &port);

	if (fd < 0)
		return; /* this machine has none */
	https_sockets_add(&sockets, fd);
	ck_assert_int_eq(https_sockets_find(&sockets, port), fd);
	close(fd);
}
END_TEST

START_TEST(what_is_closed_or_is_no_socket_is_not_found)
{
	uint16_t port = 0;
	int fd = open_socket(AF_INET, &port), pair[2];

	https_sockets_add(&sockets, fd);
	close(fd);
	ck_assert_int_eq(https_sockets_find(&sockets, port), -1);
	ck_assert_int_eq(pipe(pair), 0); /* takes the number of the socket */
	ck_assert_int_eq(pair[0], fd);
	ck_assert_int_eq(https_sockets_find(&sockets, port), -1);
	close(pair[0]);
	close(pair[1]);
}
END_TEST

START_TEST(no_port_is_no_sockets_port)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	https_sockets_add(&sockets, pair[0]);
	ck_assert_int_eq(https_sockets_find(&sockets, 0), -1);
	close(pair[0]);
	close(pair[1]);
}
END_TEST

START_TEST(the_newest_ones_are_kept)
{
	uint16_t port = 0;
	int fd = open_socket(AF_INET, &port), pair[2];

	ck_assert_int_eq(pipe(pair), 0);
	https_sockets_add(&sockets, fd);
	for (int i = 1; i < HTTPS_SOCKETS; i++)
		https_sockets_add(&sockets, pair[0]);
	ck_assert_int_eq(https_sockets_find(&sockets, port), fd);
	https_sockets_add(&sockets, pair[0]);
	ck_assert_int_eq(https_sockets_find(&sockets, port), -1);
	close(fd);
	close(pair[0]);
	close(pair[1]);
}
END_TEST

CHECK_MAIN(https_sockets, setup, NULL,
	   a_socket_is_found_by_its_port_and_no_other_one,
	   one_of_version_six_is_found_too,
	   what_is_closed_or_is_no_socket_is_not_found,
	   no_port_is_no_sockets_port, the_newest_ones_are_kept)
