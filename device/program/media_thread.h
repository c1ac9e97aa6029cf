/* SPDX-License-Identifier: MIT */
/*
 * media_thread: the thread that goes through drivers, and can be lost in one.
 * It opens the source, waits for the handover that the stream's constants
 * make possible, runs, and closes. Nothing here waits for it without a limit.
 *
 * Main thread.
 */
#ifndef DEVICE_PROGRAM_MEDIA_THREAD_H
#define DEVICE_PROGRAM_MEDIA_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "device/media/media.h"
#include "device/program/watchdog.h"

struct media_thread;

struct media_thread_params {
	struct media_params media; /* its pulse and stop_fd are the thread's */
	struct watchdog_params watchdog;
	/* In that thread: its source is open, or cannot be. Once. */
	void (*opened)(void *context);
	/* In that thread: nothing more will come. */
	void (*ended)(void *context);
	void *context;
};

/* Starts the thread. On failure *out is NULL. */
int media_thread_open(struct media_thread **out,
		      const struct media_thread_params *params);

/* Whether it has opened its source, or failed to: *result, and if 0 *window. */
bool media_thread_is_open(const struct media_thread *t, int *result,
			  struct window_params *window);

/* Lets it run, once, when it is open. Borrows the handover. */
void media_thread_run(struct media_thread *t, struct handover *handover);

/* To be called about twice a second. */
enum watchdog_action media_thread_look(struct media_thread *t);

/* The machine is being booted, which is enough once. */
void media_thread_forbid_reboot(struct media_thread *t);

/* Asks it to end. NULL is fine. */
void media_thread_stop(struct media_thread *t);

/*
 * Waits until it has ended, at most so long. False: it hangs, and neither it
 * nor what it uses may be closed. NULL has ended.
 */
bool media_thread_wait(struct media_thread *t, int64_t most_us);

/* After that: what media_open() gave, and then media_run(). */
int media_thread_result(const struct media_thread *t);
const struct parts_counters *media_thread_counters(
	const struct media_thread *t);

/* After that, too. NULL is fine. */
void media_thread_close(struct media_thread **t);

#endif
