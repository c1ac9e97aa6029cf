/* SPDX-License-Identifier: MIT */
/*
 * file: a node as a program has opened it, with its queues, its controls and
 * whether poll() finds it ready. Under world_lock.
 */
#ifndef TESTS_FAKE_FILE_H
#define TESTS_FAKE_FILE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "tests/fake/control.h"
#include "tests/fake/node.h"
#include "tests/fake/queue.h"

#define FILE_MAX_EVENTS 8

/* An eventfd whose level is a bool. */
struct signal_fd {
	int fd;
	bool up;
};

struct file {
	int refs;
	struct node *node;
	/*
	 * The program's descriptor is a duplicate of `in`; poll() as we give
	 * it waits for the others too, each as a POLLIN (preload_poll.c).
	 */
	struct signal_fd in, out, priority, error;
	bool disconnected; /* its device is being unplugged */
	bool gone;	   /* it was */
	bool file_io;	   /* poll() has begun read(): see kinds' READWRITE */
	bool has[2];	   /* which queues there are */
	struct queue queue[2];
	struct controls controls;
	struct v4l2_fract interval;
	struct v4l2_rect crop; /* of a scaler's input; width 0: all */
	uint32_t subscribed;   /* a bit for each event type up to 31 */
	struct v4l2_event events[FILE_MAX_EVENTS];
	int event_count;
	uint32_t event_sequence;

	/* --- the device's side --- */
	void *state; /* of the kind */
	pthread_t worker;
	pthread_cond_t wake; /* of the worker */
	bool working, stop;
};

/* Opens `node`: 0 or a negative errno. */
int file_open(struct file **out, struct node *node);
/* A descriptor for the program, which goes into the fdtable. */
int file_new_descriptor(struct file *f, int flags);
struct file *file_hold(struct file *f);
/* Stops what streams and releases all when the last hold goes. */
void file_release(struct file **f);

bool file_is_m2m(const struct file *f);

/* Sets what poll() sees after a change, and wakes whoever waits. */
void file_changed(struct file *f);
void file_send_event(struct file *f, uint32_t type);

/* Lets a thread of the device's side run; it must watch `stop`. */
void file_start_worker(struct file *f, void *(*run)(void *));
/* Lets go of world_lock until it has ended. Fine when none runs. */
void file_stop_worker(struct file *f);
/* What the calling thread has used of the processor. */
int64_t file_worker_cpu_us(void);

#endif
