/* SPDX-License-Identifier: MIT */
#define LOG_MODULE "listen"
#include "cloud/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cloud/limit/address.h"
#include "common/log.h"

#define BACKLOG 512

/*
 * How much of what was written may wait unsent in the kernel, so that a viewer
 * who reads slowly costs no more than that, and a newer part is not queued
 * behind megabytes of older ones.
 */
#define NOT_SENT_BYTES (256 << 10)

static int bind_and_listen(const struct addrinfo *found)
{
	const int on = 1;
	int fd = socket(found->ai_family,
			SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err;

	if (fd < 0)
		return -errno;
	/* A restart does not wait for connections of the process before. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, found->ai_addr, found->ai_addrlen) < 0 ||
	    listen(fd, BACKLOG) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

static void print_address(struct listener *l)
{
	struct sockaddr_storage bound;
	socklen_t size = sizeof(bound);
	char host[64] = "", port[8] = "";

	if (getsockname(l->fd, (struct sockaddr *)&bound, &size) == 0)
		getnameinfo((struct sockaddr *)&bound, size, host, sizeof(host),
			    port, sizeof(port),
			    NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(l->address, sizeof(l->address),
		 bound.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

static const char *next_step(int err, const char *address)
{
	/* "::1:8080" is an address, too. */
	if (err == -EADDRNOTAVAIL && strchr(address, ':'))
		return "; this machine has no such address; one with a port is "
		       "written [ADDRESS]:PORT";
	switch (-err) {
	case EADDRINUSE:
		return "; stop what listens there (`ss -ltnp` names it), or "
		       "take another --port";
	case EACCES:
		return "; a port below 1024 takes CAP_NET_BIND_SERVICE, which "
		       "oriel-relay.service has; or take another --port";
	case EADDRNOTAVAIL:
		return "; this machine has no such address; 0.0.0.0 and [::] "
		       "are all that it has";
	case EAFNOSUPPORT:
		return "; this machine has no IPv6; 0.0.0.0 is all of IPv4";
	default:
		return "";
	}
}

int listener_open(struct listener *l, const char *address, int port)
{
	const struct addrinfo wanted = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *found;
	char service[8];

	*l = (struct listener){ .fd = -1 };
	snprintf(service, sizeof(service), "%d", port);
	if (getaddrinfo(address, service, &wanted, &found) != 0) {
		log_error("cannot listen on %s: that is no numeric address; "
			  "127.0.0.1 is this machine's own, 0.0.0.0 and [::] "
			  "are all that it has",
			  address);
		return -EINVAL;
	}
	l->fd = bind_and_listen(found);
	freeaddrinfo(found);
	if (l->fd < 0) {
		int err = l->fd;

		l->fd = -1;
		log_error("cannot listen on %s port %d: %s%s", address, port,
			  strerror(-err), next_step(err, address));
		return err;
	}
	print_address(l);
	return 0;
}

int listener_accept(struct listener *l, struct address *from)
{
	const int on = 1, unsent = NOT_SENT_BYTES;
	struct sockaddr_storage peer = { 0 };
	socklen_t size = sizeof(peer);
	int fd = accept4(l->fd, (struct sockaddr *)&peer, &size,
			 SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return errno == ECONNABORTED ? -EAGAIN : -errno;
	address_of_socket(from, (const struct sockaddr *)&peer);
	/* Neither can fail on a TCP socket, nor matter much if it did. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
	return fd;
}

void listener_close(struct listener *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}
