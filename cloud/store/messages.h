/* SPDX-License-Identifier: MIT */
/*
 * messages: finds the messages of common/wire.h in bytes that follow each
 * other, as in the body of an HTTP request; a WebSocket keeps them apart
 * itself. Pure.
 */
#ifndef CLOUD_STORE_MESSAGES_H
#define CLOUD_STORE_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/wire.h"

/* Starts zeroed, or between two messages. */
struct messages {
	uint8_t head[WIRE_HEAD_SIZE];
	size_t head_size;
	uint32_t left; /* of the message, once its head is complete */
};

/*
 * Returns how many of these `n` > 0 bytes belong together: they are all of one
 * message, its first and its final piece marked.
 */
size_t messages_next(struct messages *m, const uint8_t *bytes, size_t n,
		     bool *first, bool *final);

/* Whether a message has begun and not ended. */
bool messages_open(const struct messages *m);

#endif
