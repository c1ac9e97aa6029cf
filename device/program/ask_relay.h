/* SPDX-License-Identifier: MIT */
/*
 * ask_relay: what a relay knows of a camera, by the camera's key: one GET of
 * its state (docs/http.md). Main thread, without any other.
 */
#ifndef DEVICE_PROGRAM_ASK_RELAY_H
#define DEVICE_PROGRAM_ASK_RELAY_H

#include <stddef.h>

struct ask_relay_params {
	const char *relay;  /* as in the configuration */
	const char *camera; /* its name is one */
	const char *key;    /* never logged */
	const char *ca_file;
};

/*
 * Writes the answer into `out`, or into `why` a sentence with the next step.
 * Returns 0 or a negative errno. Takes ten seconds at most.
 */
int ask_relay(const struct ask_relay_params *params, char *out, size_t size,
	      char *why, size_t why_size);

#endif
