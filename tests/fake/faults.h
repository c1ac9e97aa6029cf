/* SPDX-License-Identifier: MIT */
/*
 * faults: what is to go wrong, and when; README.md has the syntax. Each line
 * of a script is one fault. Under world_lock.
 */
#ifndef TESTS_FAKE_FAULTS_H
#define TESTS_FAKE_FAULTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct node;

enum fault_kind {
	/* a call */
	FAULT_FAIL,
	FAULT_BLOCK,
	/* a frame of the encoder or scaler */
	FAULT_SKIP,
	FAULT_HEADER_ONLY,
	FAULT_GARBAGE,
	FAULT_ERROR,
	FAULT_TRUNCATE,
	FAULT_EMPTY,
	FAULT_NO_HEADERS,
	FAULT_NO_KEY_FLAG,
	FAULT_KEEP_OUTPUT,
	FAULT_KEEP_CAPTURE,
	/* a frame of a camera; FAULT_ERROR too */
	FAULT_SHORT,
	FAULT_CORRUPT,
	FAULT_NO_TABLES,
	FAULT_GAP,
	FAULT_BACK,
	FAULT_ZERO_TIME,
	FAULT_JITTER,
	FAULT_WALL_TIME,
	FAULT_SEQUENCE_GAP,
	FAULT_SEQUENCE_SET,
	FAULT_DROP,
	/* for as long as they last */
	FAULT_MOST_BUFFERS,
	FAULT_ATTACH_LIMIT,
	FAULT_NO_CONTROL,
	FAULT_FPS,
	FAULT_IGNORE_RATE,
	/* done once */
	FAULT_STALL,
	FAULT_RESUME,
	FAULT_DIE,
	FAULT_REBOOT,
	FAULT_EIO,
	FAULT_UNPLUG,
	FAULT_PLUG,
	FAULT_STEP_CLOCK,
	FAULT_KINDS
};

/* Reads one line of a script; -EINVAL: it is none of faults. */
int faults_read_line(const char *line);

/*
 * A call ("DQBUF", "open", "poll") is about to be made on a node, for a queue
 * ("out", "cap" or ""). May sleep, world_lock let go. Returns 0 or what it
 * fails with, negative.
 */
int faults_on_call(struct node *node, const char *call, const char *queue);

/* Whether this frame of the node is hit; uses the fault up. */
bool faults_hit(struct node *node, enum fault_kind kind, double *value);
/* Whether it holds now; does not use it up. */
bool faults_peek(struct node *node, enum fault_kind kind, double *value);

/* A DMABUF was attached: 0, or -EIO when there were too many. */
int faults_on_attach(struct node *node);

/* As if no line had been read. */
void faults_forget(void);

/* Does what is due; every few milliseconds. */
void faults_tick(void);

/* How far the wall clock is off, in microseconds. Without the lock. */
int64_t faults_clock_us(void);

/* For the report: [{ "line": ..., "hits": ... }, ...] */
void faults_print(FILE *out);

#endif
