/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "device/check/check.h"
#include "device/uplink/endpoint.h"
#include "device/uplink/proxy.h"

#define CONNECT_MS 5000

/* 0, or what keeps us from connecting. */
static int try_address(const struct addrinfo *address)
{
	int fd = socket(address->ai_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct pollfd done = { .fd = fd, .events = POLLOUT };
	socklen_t size = sizeof(int);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, address->ai_addr, address->ai_addrlen) < 0 &&
	    errno != EINPROGRESS)
		err = -errno;
	else if (poll(&done, 1, CONNECT_MS) <= 0)
		err = -ETIMEDOUT;
	else if (!getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &size))
		err = -err;
	close(fd);
	return err;
}

static int try_all(const char *host, int at_port, const char **why)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *all, *at;
	char port[8];
	int err;

	snprintf(port, sizeof(port), "%d", at_port);
	err = getaddrinfo(host, port, &hints, &all);
	if (err) {
		*why = gai_strerror(err);
		return -EHOSTUNREACH;
	}
	for (at = all; at; at = at->ai_next) {
		err = try_address(at);
		*why = strerror(-err);
		if (!err)
			break;
	}
	freeaddrinfo(all);
	return err;
}

/* A proxy is all that can be asked from here: the relay is behind it. */
static void check_host(struct findings *f, const struct endpoint *e,
		       const struct proxy *proxy)
{
	const char *what = proxy ? "the proxy " : "";
	const char *host = proxy ? proxy->host : e->host;
	int port = proxy ? proxy->port : e->port;
	const char *why = "";

	if (try_all(host, port, &why) < 0)
		findings_add(f, FINDING_BAD, "relay",
			     "is the network up, the name right, and the "
			     "relay running?",
			     "%s%s does not answer at port %d: %s", what, host,
			     port, why);
	else
		findings_add(f, FINDING_GOOD, "relay", NULL,
			     "%s%s answers at port %d", what, host, port);
}

void check_relay(struct findings *f, const struct check_params *params)
{
	struct endpoint e;
	struct proxy proxy = { 0 };
	const char *name, *why = "";

	if (!params->relay) {
		findings_add(f, FINDING_NOTE, "relay",
			     "give --relay wss://HOST/ to send the stream",
			     "none is configured");
		return;
	}
	if (endpoint_parse(&e, params->relay, &why) < 0) {
		findings_add(f, FINDING_BAD, "relay",
			     "it is wss://HOST/ or ws://HOST:PORT/",
			     "its address cannot be read: %s", why);
		return;
	}
	if (!params->has_key)
		findings_add(f, FINDING_WARN, "relay",
			     "run `oriel-relay key NAME` where the relay is, "
			     "and put the result into ORIEL_KEY",
			     "there is no publish key");
	/* For https:// libcurl knows more kinds of them. */
	if (!e.http && proxy_choose(&proxy, &e, getenv, &name, &why) < 0) {
		findings_add(f, FINDING_BAD, "relay",
			     "it is http://[USER:PASSWORD@]HOST:PORT",
			     "the proxy in %s cannot be used: %s", name, why);
		return;
	}
	check_host(f, &e, proxy.host[0] ? &proxy : NULL);
	explicit_bzero(&proxy, sizeof(proxy));
}
