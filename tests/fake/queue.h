/* SPDX-License-Identifier: MIT */
/*
 * queue: buffers on their way between program and device, with the manners
 * of the kernel's videobuf2. Under world_lock. All return 0 or a negative
 * errno unless they say otherwise.
 *
 *   DEQUEUED -QBUF-> QUEUED -queue_take()-> ACTIVE -queue_done()-> DONE
 *      ^                                                             |
 *      +------------------------- DQBUF -----------------------------+
 */
#ifndef TESTS_FAKE_QUEUE_H
#define TESTS_FAKE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/fake/format.h"

#define QUEUE_MAX VIDEO_MAX_FRAME

struct memory;
struct node;

enum buffer_state {
	BUFFER_DEQUEUED,
	BUFFER_QUEUED,
	BUFFER_ACTIVE,
	BUFFER_DONE
};

struct buffer {
	enum buffer_state state;
	struct memory *memory; /* its own, or what was last imported */
	uint32_t cookie;       /* what mmap() names it by */
	uint32_t bytesused, length, flags, sequence;
	int fd; /* as last queued, DMABUF */
	struct timeval timestamp;
};

struct indexes {
	int count;
	uint32_t list[QUEUE_MAX];
};

struct queue {
	struct node *node;
	enum v4l2_buf_type type;
	bool output;	   /* from the program to the device */
	uint32_t memories; /* a bit for each enum v4l2_memory that it takes */
	uint32_t timestamp_flags;
	bool ordered;	 /* libcamerify: QBUF in the order of DQBUF */
	bool exact_maps; /* libcamerify: mmap() of the exact size only */
	uint32_t most;	 /* buffers; REQBUFS silently gives no more */
	struct image image;

	uint32_t memory; /* what REQBUFS chose */
	uint32_t count;
	struct buffer buffers[QUEUE_MAX];
	struct indexes queued, done; /* in order */
	uint32_t held;	     /* by the queue: queued and not dequeued yet */
	uint32_t next_index; /* that `ordered` wants */
	bool streaming, error;
	bool last_dequeued; /* EPIPE from here on */
};

int queue_reqbufs(struct queue *q, struct v4l2_requestbuffers *request);
int queue_create(struct queue *q, struct v4l2_create_buffers *request);
int queue_query(struct queue *q, struct v4l2_buffer *b);
/* What QBUF does to its memory, without queueing it. */
int queue_prepare(struct queue *q, struct v4l2_buffer *b);
int queue_queue(struct queue *q, struct v4l2_buffer *b);
/* -EAGAIN: nothing is done yet. */
int queue_dequeue(struct queue *q, struct v4l2_buffer *b);
/* *out is borrowed. */
int queue_export(struct queue *q, const struct v4l2_exportbuffer *e,
		 struct memory **out);
/* The buffer that mmap() names; -EINVAL: none, or not so. */
int queue_find_map(struct queue *q, uint64_t offset, size_t length,
		   struct memory **out);
/* All buffers go back to the program, not by DQBUF; as STREAMOFF does. */
void queue_cancel(struct queue *q);
/* All that wait are done with FLAG_ERROR; as an unplugged camera does. */
void queue_fail(struct queue *q);
/* Forgets buffers; mappings and exported ones live on. */
void queue_free(struct queue *q);

/* The next one for the device, by index; -1: none. */
int queue_take(struct queue *q);
/* Gives it to the program, with the flags and bytesused that it has. */
void queue_done(struct queue *q, int index);

#endif
