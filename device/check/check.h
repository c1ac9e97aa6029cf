/* SPDX-License-Identifier: MIT */
/*
 * check: `oriel-cam check`: what is plugged in, what it can do, what Oriel
 * will use and why, what is wrong and the next step. It uses the camera for
 * two seconds, as the stream would.
 *
 * Main thread, without any other. A driver that hangs keeps it; it can be
 * interrupted.
 */
#ifndef DEVICE_CHECK_CHECK_H
#define DEVICE_CHECK_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "device/check/findings.h"
#include "device/source/source.h"

struct check_params {
	struct source_params source;
	const char *encoder;
	const char *relay; /* NULL: none is configured */
	bool has_key;
	int64_t bitrate;
	bool json;
};

/* Prints to stdout. Returns 0, or -EIO when there would be no picture. */
int check_run(const struct check_params *params);

/* --- its parts --- */

/* All nodes; and what is wrong with those that can be used. */
void check_nodes(struct findings *f);

/* The source and the encoder, at work. */
void check_stream(struct findings *f, const struct check_params *params);

void check_relay(struct findings *f, const struct check_params *params);

#endif
