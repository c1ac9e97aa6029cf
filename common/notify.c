/* SPDX-License-Identifier: MIT */
#include "common/notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/log.h"

#define PATIENCE_S  1
#define STATUS_SIZE 256

/* A path, or an abstract name behind '@'; 0: none that we know (vsock:). */
static socklen_t find_manager(struct sockaddr_un *out)
{
	const char *name = getenv("NOTIFY_SOCKET");
	size_t n = name ? strlen(name) : 0;

	if (n < 2 || n >= sizeof(out->sun_path) || !strchr("/@", name[0]))
		return 0;
	*out = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(out->sun_path, name, n);
	if (name[0] == '@')
		out->sun_path[0] = '\0'; /* unix(7) */
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
}

static void tell(const char *text)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	struct sockaddr_un manager;
	socklen_t n = find_manager(&manager);
	int fd = n ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (sendto(fd, text, strlen(text), MSG_NOSIGNAL,
		   (const struct sockaddr *)&manager, n) < 0) {
		/* It shows at the manager, who still waits. */
	}
	close(fd);
}

/* A line of `status` more would be taken for an order. */
static void tell_with(const char *order, const char *status)
{
	char line[STATUS_SIZE], text[STATUS_SIZE + 32];

	snprintf(text, sizeof(text), "%sSTATUS=%s", order,
		 log_escape(line, sizeof(line), status, strlen(status)));
	tell(text);
}

void notify_ready(const char *status)
{
	if (status)
		tell_with("READY=1\n", status);
	else
		tell("READY=1");
}

void notify_status(const char *status)
{
	tell_with("", status);
}

void notify_stopping(void)
{
	tell("STOPPING=1");
}
