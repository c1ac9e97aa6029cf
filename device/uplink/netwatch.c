/* SPDX-License-Identifier: MIT */
#include "device/uplink/netwatch.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <unistd.h>

/* More in one look than a machine can have changed: the rest comes next. */
#define MOST_MESSAGES 64

void netwatch_open(struct netwatch *w)
{
	const struct sockaddr_nl groups = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
			     RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE,
	};

	w->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       NETLINK_ROUTE);
	if (w->fd >= 0 &&
	    bind(w->fd, (const struct sockaddr *)&groups, sizeof(groups)) < 0)
		netwatch_close(w);
}

void netwatch_close(struct netwatch *w)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}

/* What has changed does not matter: whoever asks looks for himself. */
bool netwatch_changed(struct netwatch *w)
{
	bool changed = false;
	char message[256]; /* the rest of a longer one is dropped */

	for (int i = 0; w->fd >= 0 && i < MOST_MESSAGES; i++) {
		ssize_t n = recv(w->fd, message, sizeof(message), MSG_DONTWAIT);

		/* ENOBUFS: more than the kernel could keep for us */
		if (n < 0 && errno != ENOBUFS)
			break;
		changed = true;
	}
	return changed;
}

static void forget_port(struct sockaddr_storage *address)
{
	if (address->ss_family == AF_INET6)
		((struct sockaddr_in6 *)address)->sin6_port = 0;
	else
		((struct sockaddr_in *)address)->sin_port = 0;
}

/* Only who has an address can bind to it: ip(7), EADDRNOTAVAIL. */
bool netwatch_has_local(int fd)
{
	struct sockaddr_storage address = { 0 };
	socklen_t n = sizeof(address);
	bool has = true;
	int probe;

	if (getsockname(fd, (struct sockaddr *)&address, &n) < 0 ||
	    (address.ss_family != AF_INET && address.ss_family != AF_INET6))
		return true;
	forget_port(&address);
	probe = socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (probe < 0)
		return true;
	if (bind(probe, (const struct sockaddr *)&address, n) < 0)
		has = errno != EADDRNOTAVAIL;
	close(probe);
	return has;
}
