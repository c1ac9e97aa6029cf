/* SPDX-License-Identifier: MIT */
#include "device/uplink/https_sockets.h"

#include <netinet/in.h>
#include <sys/socket.h>

void https_sockets_add(struct https_sockets *s, int fd)
{
	s->fd[s->next] = fd + 1;
	s->next = (s->next + 1) % HTTPS_SOCKETS;
}

/* 0: it is no socket with one, or not any more. */
static uint16_t local_port_of(int fd)
{
	struct sockaddr_storage address = { 0 };
	socklen_t n = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &n) < 0)
		return 0;
	if (address.ss_family == AF_INET)
		return ntohs(((struct sockaddr_in *)&address)->sin_port);
	if (address.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
	return 0;
}

int https_sockets_find(const struct https_sockets *s, uint16_t local_port)
{
	for (size_t i = 0; local_port && i < HTTPS_SOCKETS; i++)
		if (s->fd[i] && local_port_of(s->fd[i] - 1) == local_port)
			return s->fd[i] - 1;
	return -1;
}
