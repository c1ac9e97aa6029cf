/* SPDX-License-Identifier: MIT */
#include "tests/fake/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/fake/fdtable.h"
#include "tests/fake/real.h"

/* --- what poll() sees ---------------------------------------------------- */

static int open_signal(struct signal_fd *s)
{
	s->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return s->fd < 0 ? -errno : 0;
}

static void set_signal(struct signal_fd *s, bool up)
{
	uint64_t count = 1;
	ssize_t done;

	if (s->fd < 0 || s->up == up)
		return;
	s->up = up;
	done = up ? write(s->fd, &count, sizeof(count))
		  : read(s->fd, &count, sizeof(count));
	(void)done; /* cannot fail: its level is known */
}

bool file_is_m2m(const struct file *f)
{
	return f->has[OUT] && f->has[CAP];
}

/* v4l2_m2m_poll_for_data(): neither queue has anything to wait for. */
static bool m2m_idle(const struct file *f)
{
	const struct queue *out = &f->queue[OUT], *cap = &f->queue[CAP];

	return (!out->streaming || out->error || !out->held) &&
	       (!cap->streaming || cap->error ||
		(!cap->held && !cap->last_dequeued));
}

/* vb2_core_poll() for a camera. */
static bool capture_idle(const struct file *f)
{
	const struct queue *q = &f->queue[CAP];

	if (f->node->profile == CAMERA_LIBCAMERIFY)
		return false; /* an eventfd knows no errors */
	return (!q->streaming && !f->file_io) || q->error;
}

void file_changed(struct file *f)
{
	const struct queue *out = &f->queue[OUT], *cap = &f->queue[CAP];
	bool idle = file_is_m2m(f) ? m2m_idle(f) : capture_idle(f);

	set_signal(&f->error, idle || f->gone);
	set_signal(&f->in, cap->done.count || cap->last_dequeued);
	set_signal(&f->out, out->done.count > 0);
	set_signal(&f->priority, f->event_count > 0);
	pthread_cond_broadcast(&world_changed);
}

void file_send_event(struct file *f, uint32_t type)
{
	struct timespec now;

	if (type >= 32 || !(f->subscribed >> type & 1) ||
	    f->event_count == FILE_MAX_EVENTS)
		return;
	real()->clock_gettime(CLOCK_MONOTONIC, &now);
	f->events[f->event_count++] = (struct v4l2_event){
		.type = type, .sequence = f->event_sequence++, .timestamp = now
	};
	file_changed(f);
}

/* --- workers ------------------------------------------------------------- */

void file_start_worker(struct file *f, void *(*run)(void *))
{
	sigset_t all, old;

	if (f->working)
		return;
	f->stop = false;
	/* The program's signals are for the program's threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	f->working = pthread_create(&f->worker, NULL, run, f) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void file_stop_worker(struct file *f)
{
	if (!f->working)
		return;
	f->working = false;
	f->stop = true;
	pthread_cond_broadcast(&f->wake);
	pthread_mutex_unlock(&world_lock);
	pthread_join(f->worker, NULL);
	pthread_mutex_lock(&world_lock);
}

int64_t file_worker_cpu_us(void)
{
	struct timespec used;

	real()->clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (int64_t)used.tv_sec * 1000000 + used.tv_nsec / 1000;
}

/* --- opening and closing ------------------------------------------------- */

static void close_signal(struct signal_fd *s)
{
	if (s->fd >= 0)
		real()->close(s->fd);
	s->fd = -1;
}

static void free_file(struct file *f)
{
	for (int way = OUT; way <= CAP; way++) {
		if (f->queue[way].streaming && f->node->kind->stop)
			f->node->kind->stop(f, (enum direction)way);
	}
	file_stop_worker(f);
	if (f->node->kind->close)
		f->node->kind->close(f);
	for (int way = OUT; way <= CAP; way++)
		queue_free(&f->queue[way]);
	close_signal(&f->in);
	close_signal(&f->out);
	close_signal(&f->priority);
	close_signal(&f->error);
	pthread_cond_destroy(&f->wake);
	free(f);
}

int file_open(struct file **out, struct node *node)
{
	struct file *f = calloc(1, sizeof(*f));
	int err;

	*out = NULL;
	if (!f)
		return -ENOMEM;
	*f = (struct file){ .refs = 1,
			    .node = node,
			    .in.fd = -1,
			    .out.fd = -1,
			    .priority.fd = -1,
			    .error.fd = -1 };
	for (int way = OUT; way <= CAP; way++)
		f->queue[way].node = node;
	world_new_condition(&f->wake);
	if ((err = open_signal(&f->in)) < 0 ||
	    (err = open_signal(&f->out)) < 0 ||
	    (err = open_signal(&f->priority)) < 0 ||
	    (err = open_signal(&f->error)) < 0 ||
	    (err = node->kind->open(f)) < 0)
		goto fail;
	node->counters.opens++;
	file_changed(f);
	*out = f;
	return 0;

fail:
	free_file(f);
	return err;
}

int file_new_descriptor(struct file *f, int flags)
{
	int fd = real()->fcntl(
		f->in.fd, flags & O_CLOEXEC ? F_DUPFD_CLOEXEC : F_DUPFD, 0);

	if (fd < 0)
		return -errno;
	real()->fcntl(fd, F_SETFL, flags & O_NONBLOCK);
	if (!fdtable_put_file(fd, file_hold(f))) {
		real()->close(fd);
		file_release(&f);
		return -EMFILE;
	}
	return fd;
}

struct file *file_hold(struct file *f)
{
	f->refs++;
	return f;
}

void file_release(struct file **file)
{
	struct file *f = *file;

	*file = NULL;
	if (!f || --f->refs > 0)
		return;
	free_file(f);
}
