/* SPDX-License-Identifier: MIT */
#include "device/source/wait.h"

#include <errno.h>
#include <poll.h>
#include <sys/timerfd.h>
#include <unistd.h>

int wait_open(struct wait *w, int stop_fd)
{
	w->stop_fd = stop_fd;
	w->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	return w->timer_fd < 0 ? -errno : 0;
}

void wait_close(struct wait *w)
{
	if (w->timer_fd >= 0)
		close(w->timer_fd);
	w->timer_fd = -1;
}

/* Stop goes before all; what was waited for goes before `also_fd`. */
static int wait_any(const struct wait *w, int fd, int also_fd, int timeout)
{
	struct pollfd fds[] = { { .fd = w->stop_fd, .events = POLLIN },
				{ .fd = fd, .events = POLLIN },
				{ .fd = also_fd, .events = POLLIN } };
	int n;

	do {
		n = poll(fds, 3, timeout);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (fds[0].revents)
		return -ECANCELED;
	return !fds[1].revents && fds[2].revents ? -EAGAIN : 0;
}

/*
 * An absolute timer, because a relative timeout grows by whatever the thread
 * lost between reading the clock and going to sleep.
 */
int wait_until(struct wait *w, int64_t due_us, int also_fd)
{
	struct itimerspec at = { 0 };

	if (due_us < 1)
		due_us = 1; /* 0 would disarm it */
	at.it_value.tv_sec = due_us / 1000000;
	at.it_value.tv_nsec = due_us % 1000000 * 1000;
	if (timerfd_settime(w->timer_fd, TFD_TIMER_ABSTIME, &at, NULL) < 0)
		return -errno;
	return wait_any(w, w->timer_fd, also_fd, -1);
}

int wait_readable(const struct wait *w, int fd, int also_fd)
{
	return wait_any(w, fd, also_fd, -1);
}

int wait_look(const struct wait *w, int also_fd)
{
	return wait_any(w, -1, also_fd, 0);
}
