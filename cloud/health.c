/* SPDX-License-Identifier: MIT */
#include "cloud/health.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define PATIENCE_S 3
#define REQUEST                                                                \
	"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: "             \
	"close\r\n\r\n"
#define GOOD "HTTP/1.1 200"

static const char *reachable(const char *address)
{
	if (strcmp(address, "0.0.0.0") == 0)
		return "127.0.0.1";
	return strcmp(address, "::") == 0 ? "::1" : address;
}

static int connect_to(int fd, const struct addrinfo *to)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };

	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
		       sizeof(patience)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
		       sizeof(patience)) < 0)
		return -errno;
	if (connect(fd, to->ai_addr, to->ai_addrlen) < 0)
		return errno == EINPROGRESS ? -ETIMEDOUT : -errno;
	return 0;
}

static int ask(int fd)
{
	char answer[sizeof(GOOD)] = "";
	size_t have = 0;
	ssize_t n;

	if (send(fd, REQUEST, strlen(REQUEST), MSG_NOSIGNAL) < 0)
		return -errno;
	while (have < strlen(GOOD)) {
		n = recv(fd, answer + have, strlen(GOOD) - have, 0);
		if (n == 0)
			return -EPROTO;
		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		have += (size_t)n;
	}
	return strcmp(answer, GOOD) == 0 ? 0 : -EPROTO;
}

int health_ask(const char *address, int port, bool tls)
{
	const struct addrinfo hints = { .ai_flags =
						AI_NUMERICHOST | AI_NUMERICSERV,
					.ai_socktype = SOCK_STREAM };
	struct addrinfo *to;
	char service[16];
	int fd, err;

	snprintf(service, sizeof(service), "%d", port);
	if (getaddrinfo(reachable(address), service, &hints, &to) != 0)
		return -EADDRNOTAVAIL;
	fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	err = fd < 0 ? -errno : connect_to(fd, to);
	if (err == 0 && !tls)
		err = ask(fd);
	if (fd >= 0)
		close(fd);
	freeaddrinfo(to);
	return err;
}
