/* SPDX-License-Identifier: MIT */
#include "device/uplink/tcp.h"

#include <linux/tcp.h> /* what netinet/tcp.h has of tcp_info is old */
#include <netinet/in.h>
#include <sys/socket.h>

/*
 * What the kernel may hold that was not even sent once: enough to fill any
 * line, little enough that what is decided here is still fresh when it goes.
 */
#define NOT_SENT_BYTES (16 << 10)

#define SYN_SENT 2 /* of tcpi_state; netinet/tcp.h, which has it, clashes */

void tcp_tune(int fd)
{
	int on = 1, bytes = NOT_SENT_BYTES;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof(bytes));
}

static bool get_info(int fd, struct tcp_info *info)
{
	socklen_t n = sizeof(*info);

	*info = (struct tcp_info){ 0 };
	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &n) == 0;
}

bool tcp_is_reached(int fd)
{
	struct tcp_info info;

	return !get_info(fd, &info) || info.tcpi_state != SYN_SENT;
}

bool tcp_look(int fd, struct tcp_sight *out)
{
	struct tcp_info info;

	if (!get_info(fd, &info))
		return false;
	*out = (struct tcp_sight){ .moved = info.tcpi_bytes_acked };
	if (info.tcpi_min_rtt != UINT32_MAX)
		out->trip_us = info.tcpi_min_rtt;
	return true;
}
