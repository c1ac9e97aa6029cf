/* SPDX-License-Identifier: MIT */
#include "device/program/media_thread.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "device/pulse.h"

struct media_thread {
	struct media_thread_params params;
	pthread_t thread;
	int stop_fd;
	int ended_fd; /* readable once the thread has done all */
	sem_t go;     /* it may run, if there is a handover */
	struct handover *handover;
	struct media *media;
	int result; /* the thread's, until it opened or ended */
	atomic_bool opened;
	struct parts_counters counters; /* once it has run */
	struct pulse pulse;
	struct watchdog watchdog;
};

/*
 * Opening and closing go through drivers, too: they are for this thread, which
 * can be lost, not for main's.
 */
static void *run(void *context)
{
	struct media_thread *t = context;

	atomic_store(&t->pulse.thread, gettid());
	t->result = media_open(&t->media, &t->params.media);
	atomic_store(&t->opened, true); /* what was written before is seen */
	t->params.opened(t->params.context);
	while (sem_wait(&t->go) < 0)
		;
	if (t->handover) {
		t->result = media_run(t->media, t->handover);
		t->counters = *media_counters(t->media);
		t->params.ended(t->params.context);
	}
	pulse_enter(&t->pulse, true);
	media_close(&t->media);
	eventfd_write(t->ended_fd, 1);
	return NULL;
}

static int start(struct media_thread *t)
{
	t->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	t->ended_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (t->stop_fd < 0 || t->ended_fd < 0)
		return -errno;
	t->params.media.source.stop_fd = t->stop_fd;
	t->params.media.pulse = &t->pulse;
	watchdog_init(&t->watchdog, &t->params.watchdog, clock_monotonic_us());
	return -pthread_create(&t->thread, NULL, run, t);
}

int media_thread_open(struct media_thread **out,
		      const struct media_thread_params *params)
{
	struct media_thread *t = calloc(1, sizeof(*t));
	int err;

	*out = NULL;
	if (!t)
		return -ENOMEM;
	t->stop_fd = t->ended_fd = -1;
	t->params = *params;
	sem_init(&t->go, 0, 0); /* fails for other values only */
	err = start(t);
	if (err < 0) {
		media_thread_close(&t);
		return err;
	}
	*out = t;
	return 0;
}

void media_thread_close(struct media_thread **thread)
{
	struct media_thread *t = *thread;

	*thread = NULL;
	if (!t)
		return;
	if (t->stop_fd >= 0)
		close(t->stop_fd);
	if (t->ended_fd >= 0)
		close(t->ended_fd);
	sem_destroy(&t->go);
	free(t);
}

bool media_thread_is_open(const struct media_thread *t, int *result,
			  struct window_params *window)
{
	if (!atomic_load(&t->opened))
		return false;
	*result = t->result;
	if (!t->result)
		*window = media_window(t->media);
	return true;
}

void media_thread_run(struct media_thread *t, struct handover *handover)
{
	t->handover = handover;
	sem_post(&t->go);
}

void media_thread_stop(struct media_thread *t)
{
	if (!t)
		return;
	eventfd_write(t->stop_fd, 1);
	sem_post(&t->go);
}

bool media_thread_wait(struct media_thread *t, int64_t most_us)
{
	struct pollfd ended = { .events = POLLIN };

	if (!t)
		return true;
	ended.fd = t->ended_fd;
	if (poll(&ended, 1, most_us > 0 ? (int)(most_us / 1000) : 0) <= 0)
		return false;
	pthread_join(t->thread, NULL);
	return true;
}

int media_thread_result(const struct media_thread *t)
{
	return t->result;
}

const struct parts_counters *media_thread_counters(const struct media_thread *t)
{
	return &t->counters;
}

/* --- while it runs ----------------------------------------------------------
 */

/* Whether the kernel could not even kill it: state D, see proc(5). */
static bool is_unkillable(const struct media_thread *t)
{
	char path[64], stat[256];
	const char *state;
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat",
		 atomic_load(&t->pulse.thread));
	file = fopen(path, "re");
	if (!file)
		return false;
	n = fread(stat, 1, sizeof(stat) - 1, file);
	fclose(file);
	stat[n] = '\0';
	state = strrchr(stat, ')'); /* behind the name, which may hold any */
	return state && !strncmp(state, ") D", 3);
}

enum watchdog_action media_thread_look(struct media_thread *t)
{
	struct pulse *p = &t->pulse;

	return watchdog_look(
		&t->watchdog,
		&(struct watchdog_sight){
			.beats = atomic_load(&p->beats),
			.units = atomic_load(&p->units),
			.guarded = atomic_load(&p->guarded),
			.trouble = atomic_load(&p->trouble),
			.unkillable = is_unkillable(t),
			.since_boot_us = clock_read_us(CLOCK_BOOTTIME),
		},
		clock_monotonic_us());
}

void media_thread_forbid_reboot(struct media_thread *t)
{
	t->watchdog.params.may_reboot = false;
}
