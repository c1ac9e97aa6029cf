/* SPDX-License-Identifier: MIT */
/*
 * to_device: what is to be said to a device, merged: of each kind only the
 * newest, so that a device which reads nothing makes nothing grow. Pure.
 */
#ifndef CLOUD_STORE_TO_DEVICE_H
#define CLOUD_STORE_TO_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/wire.h"

#define TO_DEVICE_MAX (WIRE_MAX_FIXED + WIRE_MAX_TEXT)

/* Starts zeroed. */
struct to_device {
	bool welcomes, demands, acks, drains, errs;
	struct wire_message welcome;
	uint32_t viewers;
	struct wire_position acked;
	uint16_t code;
	const char *text; /* of the error; borrowed until it is taken */
};

void to_device_welcome(struct to_device *t, const struct wire_message *welcome);
void to_device_demand(struct to_device *t, uint32_t viewers);
void to_device_ack(struct to_device *t, struct wire_position at);
void to_device_drain(struct to_device *t);

/* `text` of at most WIRE_MAX_TEXT is borrowed until it is taken. */
void to_device_error(struct to_device *t, enum wire_error_code code,
		     const char *text);

/* The next message: its length in out, 0 when there is none. */
size_t to_device_take(struct to_device *t, uint8_t out[static TO_DEVICE_MAX]);
bool to_device_has(const struct to_device *t);

#endif
