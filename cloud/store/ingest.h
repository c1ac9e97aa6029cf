/* SPDX-License-Identifier: MIT */
/*
 * ingest: one device's conversation, without the network: the bytes of its
 * messages go in, what it sends ends up in the store, and what has to be said
 * to it comes out.
 *
 * The body of a part is received straight into the reply that will serve it;
 * nothing is allocated before the message's head has passed every limit.
 *
 * After an error nothing more is taken; what was stored stays stored.
 * Server's thread. No I/O; time is an argument.
 */
#ifndef CLOUD_STORE_INGEST_H
#define CLOUD_STORE_INGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cloud/store/to_device.h"
#include "common/wire.h"

struct camera;
struct ingest;
struct store;

#define INGEST_MAX_OUT TO_DEVICE_MAX

enum ingest_event {
	INGEST_NOTHING, /* a part of a message, or nothing new in it */
	INGEST_HELLO,	/* the device has said which process it is */
	INGEST_STORED,	/* the camera has changed: look who waits for that */
	INGEST_BYE,	/* the device leaves */
	INGEST_FAILED,	/* close once ingest_take() has nothing left */
};

/*
 * `camera` is a valid name, copied; the store outlives the ingest. `max_part`
 * is what one part may have in bytes. -ENOMEM. On failure *out is NULL.
 */
int ingest_open(struct ingest **out, struct store *store, const char *camera,
		uint32_t max_part);

/* Lets go of the camera, whose device is gone since `now_us` if it was the
 * last connection. */
void ingest_close(struct ingest **ingest, int64_t now_us);

/* The rest of a message that has begun will not come. */
void ingest_break(struct ingest *i);

/*
 * Takes the next `n` bytes of a message, the first and the final ones marked.
 * `now_us` is monotonic, `wall_us` Unix time.
 */
enum ingest_event ingest_feed(struct ingest *i, const uint8_t *bytes, size_t n,
			      bool first, bool final, int64_t now_us,
			      int64_t wall_us);

/* A message to the device: its length in out, 0 when there is none. */
size_t ingest_take(struct ingest *i, uint8_t out[static INGEST_MAX_OUT]);
bool ingest_has_output(const struct ingest *i);

/* From outside: the device shall hear this, and INGEST_FAILED be its state. */
void ingest_fail(struct ingest *i, enum wire_error_code code, const char *text);

/* The device shall hear how many watch. */
void ingest_demand(struct ingest *i, uint32_t viewers);

/* The device shall connect anew, and then leave. */
void ingest_drain(struct ingest *i);

/* How many bytes the message that ended last took to be unpacked. */
size_t ingest_unpacked(const struct ingest *i);

/* After INGEST_HELLO. */
uint64_t ingest_process(const struct ingest *i);

/* For the log, after INGEST_FAILED or INGEST_BYE; may be "". */
const char *ingest_text(const struct ingest *i);

bool ingest_failed(const struct ingest *i);

#endif
