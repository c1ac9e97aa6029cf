/* SPDX-License-Identifier: MIT */
/*
 * poll() and its kin. A fake device's descriptor has up to four states, and
 * the kernel waits for them as for any other descriptor: each entry becomes
 * one for each eventfd that it may wait for, and their answers are put
 * together again.
 *
 *   program:  { fd, POLLIN | POLLOUT }
 *   kernel:   { f->error, POLLIN } { f->in, POLLIN } { f->out, POLLIN }
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>

#include "tests/fake/faults.h"
#include "tests/fake/fdtable.h"
#include "tests/fake/file.h"
#include "tests/fake/real.h"

#define MOST_FDS 256 /* of one call that has one of ours */
#define READ	 (POLLIN | POLLRDNORM)
#define WRITE	 (POLLOUT | POLLWRNORM)

/* These have no header that declares them. */
int __poll_chk(struct pollfd *fds, nfds_t count, int timeout_ms, size_t size);
int __ppoll_chk(struct pollfd *fds, nfds_t count,
		const struct timespec *timeout, const sigset_t *mask,
		size_t size);

struct waiting {
	struct file *files[MOST_FDS]; /* by entry of the program; held */
	struct pollfd fds[MOST_FDS * 4];
	nfds_t from[MOST_FDS * 4]; /* which entry */
	short means[MOST_FDS * 4]; /* what it stands for; 0: as it is */
	nfds_t count;
};

static bool any_is_ours(struct pollfd *fds, nfds_t count)
{
	for (nfds_t i = 0; i < count; i++) {
		if (fdtable_is_ours(fds[i].fd))
			return true;
	}
	return false;
}

static void add(struct waiting *w, nfds_t from, int fd, short events,
		short means)
{
	w->fds[w->count] = (struct pollfd){ .fd = fd, .events = events };
	w->from[w->count] = from;
	w->means[w->count++] = means;
}

/* What vb2_core_poll() does to a node that can read() and is not streaming. */
static void begin_file_io(struct file *f, short events)
{
	if (f->node->caps & V4L2_CAP_READWRITE && events & READ &&
	    !f->queue[CAP].count && !f->file_io) {
		f->file_io = true;
		file_changed(f);
	}
}

static void add_file(struct waiting *w, nfds_t i, const struct pollfd *asked)
{
	struct file *f = w->files[i];
	short events = asked->events;

	begin_file_io(f, events);
	if (f->gone || events & (READ | WRITE))
		add(w, i, f->error.fd, POLLIN, POLLERR);
	if (events & READ)
		add(w, i, f->in.fd, POLLIN, events & READ);
	if (events & WRITE && f->has[OUT])
		add(w, i, f->out.fd, POLLIN, events & WRITE);
	if (events & POLLPRI)
		add(w, i, f->priority.fd, POLLIN, POLLPRI);
}

/* 0, or what the whole call fails with. */
static int take_entries(struct waiting *w, const struct pollfd *fds,
			nfds_t count)
{
	int err = 0;

	w->count = 0;
	memset(w->files, 0, sizeof(w->files));
	for (nfds_t i = 0; i < count && err == 0; i++) {
		struct file *f = fds[i].fd < 0 ? NULL : fdtable_file(fds[i].fd);

		if (!f) {
			add(w, i, fds[i].fd, fds[i].events, 0);
			continue;
		}
		w->files[i] = file_hold(f);
		f->node->counters.polls++;
		err = faults_on_call(f->node, "poll", "");
		if (err == 0)
			add_file(w, i, &fds[i]);
	}
	return err;
}

static int put_together(struct waiting *w, struct pollfd *fds, nfds_t count)
{
	int ready = 0;

	for (nfds_t i = 0; i < count; i++)
		fds[i].revents = 0;
	for (nfds_t i = 0; i < w->count; i++) {
		short revents = w->fds[i].revents;

		if (w->means[i])
			revents = revents ? w->means[i] : 0;
		fds[w->from[i]].revents |= revents;
	}
	for (nfds_t i = 0; i < count; i++) {
		struct file *f = w->files[i];

		if (f && f->gone) /* v4l2_poll() of what is not registered */
			fds[i].revents =
				POLLERR | POLLHUP | (fds[i].events & POLLPRI);
		if (f && fds[i].revents & POLLERR)
			f->node->counters.poll_errors++;
		ready += fds[i].revents != 0;
	}
	return ready;
}

static void release_files(struct waiting *w, nfds_t count)
{
	for (nfds_t i = 0; i < count; i++)
		file_release(&w->files[i]);
}

static int wait_for_ours(struct pollfd *fds, nfds_t count,
			 const struct timespec *timeout, const sigset_t *mask)
{
	struct waiting *w;
	int result, err = 0;

	w = count <= MOST_FDS ? malloc(sizeof(*w)) : NULL;
	if (!w) {
		errno = ENOMEM;
		return -1;
	}
	pthread_mutex_lock(&world_lock);
	result = take_entries(w, fds, count);
	pthread_mutex_unlock(&world_lock);
	if (result == 0)
		result = real()->ppoll(w->fds, w->count, timeout, mask) < 0
				 ? -errno
				 : 0;
	pthread_mutex_lock(&world_lock);
	if (result < 0)
		err = -result;
	else
		result = put_together(w, fds, count);
	release_files(w, count);
	pthread_mutex_unlock(&world_lock);
	free(w);
	if (!err)
		return result;
	errno = err;
	return -1;
}

EXPORT int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	const struct timespec timeout = { timeout_ms / 1000,
					  timeout_ms % 1000 * 1000000L };

	return any_is_ours(fds, count)
		       ? wait_for_ours(fds, count,
				       timeout_ms < 0 ? NULL : &timeout, NULL)
		       : real()->poll(fds, count, timeout_ms);
}

EXPORT int ppoll(struct pollfd *fds, nfds_t count,
		 const struct timespec *timeout, const sigset_t *mask)
{
	return any_is_ours(fds, count)
		       ? wait_for_ours(fds, count, timeout, mask)
		       : real()->ppoll(fds, count, timeout, mask);
}

EXPORT int __poll_chk(struct pollfd *fds, nfds_t count, int timeout_ms,
		      size_t size)
{
	(void)size;
	return poll(fds, count, timeout_ms);
}

EXPORT int __ppoll_chk(struct pollfd *fds, nfds_t count,
		       const struct timespec *timeout, const sigset_t *mask,
		       size_t size)
{
	(void)size;
	return ppoll(fds, count, timeout, mask);
}

/* --- select -------------------------------------------------------------- */

static bool has(const fd_set *set, int fd)
{
	return set && FD_ISSET(fd, set);
}

static nfds_t read_sets(struct pollfd *fds, int count, const fd_set *in,
			const fd_set *out, const fd_set *pri)
{
	nfds_t used = 0;

	for (int fd = 0; fd < count && used < MOST_FDS; fd++) {
		short events = (short)((has(in, fd) ? POLLIN : 0) |
				       (has(out, fd) ? POLLOUT : 0) |
				       (has(pri, fd) ? POLLPRI : 0));

		if (events)
			fds[used++] = (struct pollfd){ fd, events, 0 };
	}
	return used;
}

/* An error makes readable and writable, as in the kernel's select(). */
static int write_set(fd_set *set, const struct pollfd *fds, nfds_t count,
		     short asked, short met)
{
	int ready = 0;

	if (!set)
		return 0;
	FD_ZERO(set);
	for (nfds_t i = 0; i < count; i++) {
		if (fds[i].events & asked && fds[i].revents & met) {
			FD_SET(fds[i].fd, set);
			ready++;
		}
	}
	return ready;
}

EXPORT int select(int count, fd_set *in, fd_set *out, fd_set *pri,
		  struct timeval *timeout)
{
	struct pollfd fds[MOST_FDS];
	nfds_t used = read_sets(fds, count, in, out, pri);
	struct timespec left = { 0 };

	if (!any_is_ours(fds, used))
		return real()->select(count, in, out, pri, timeout);
	if (timeout)
		left = (struct timespec){ timeout->tv_sec,
					  timeout->tv_usec * 1000 };
	if (wait_for_ours(fds, used, timeout ? &left : NULL, NULL) < 0)
		return -1;
	return write_set(in, fds, used, POLLIN, POLLIN | POLLERR | POLLHUP) +
	       write_set(out, fds, used, POLLOUT, POLLOUT | POLLERR) +
	       write_set(pri, fds, used, POLLPRI, POLLPRI);
}

/*
 * Of epoll the kernel itself answers, and could not tell the four states
 * apart: better none than a wrong one.
 */
EXPORT int epoll_ctl(int poll_fd, int operation, int fd,
		     struct epoll_event *event)
{
	if (fdtable_is_ours(fd)) {
		fprintf(stderr, "fake v4l2: epoll is not there\n");
		errno = EPERM;
		return -1;
	}
	return real()->epoll_ctl(poll_fd, operation, fd, event);
}
