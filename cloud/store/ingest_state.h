/* SPDX-License-Identifier: MIT */
/*
 * ingest_state: what the files of ingest share, and nobody else needs:
 *
 *   ingest.c         bytes -> heads and bodies of messages
 *   ingest_admit.c   a head: is there room, and where does its body go
 *   ingest_store.c   a whole message: into the store
 */
#ifndef CLOUD_STORE_INGEST_STATE_H
#define CLOUD_STORE_INGEST_STATE_H

#include "cloud/store/ingest.h"
#include "cloud/store/to_device.h"
#include "common/names.h"
#include "common/wire.h"

struct reply;

struct ingest {
	struct store *store;
	struct camera *camera; /* NULL before hello */
	char name[CAMERA_NAME_MAX + 1];
	uint32_t max_part;
	uint64_t process;
	size_t unpacked;     /* bytes, by the last message */
	unsigned int window; /* as welcome said */
	bool lowered;	     /* it has heard that it must be less */

	/* The message that is being received. */
	uint8_t head[WIRE_MAX_FIXED];
	size_t head_size;
	bool decoded; /* message is valid */
	struct wire_message message;
	struct reply *reply; /* where the body of an init or part goes */
	uint8_t *buffer;     /* where any other body goes; both NULL: away */
	size_t received;     /* bytes of body */
	size_t expected;     /* see camera_expect() */

	struct to_device out;
	bool failed;
	char text[WIRE_MAX_TEXT + 1]; /* of the error, or of bye */
};

/* A message's head is there. Makes room for its body, or fails. */
enum ingest_event ingest_admit(struct ingest *i);

/* And all of its body. */
enum ingest_event ingest_store(struct ingest *i, int64_t now_us,
			       int64_t wall_us);

/* All of these say why, and return INGEST_FAILED. */
__attribute__((format(printf, 3, 4))) enum ingest_event ingest_fail_as(
	struct ingest *i, enum wire_error_code code, const char *format, ...);

enum ingest_event ingest_fail_order(struct ingest *i,
				    const struct wire_part *part);

/* What store_admit() and camera_check_part() answer for want of room. */
enum ingest_event ingest_fail_room(struct ingest *i, int err, size_t bytes);

#endif
