/* SPDX-License-Identifier: MIT */
/*
 * key_memory: viewing tokens that were found to be right, each with the camera
 * that it was shown for: a player sends the same one ten times a second, and
 * deriving it again would be the most that the relay itself does for an answer.
 * What is wrong is not remembered, and neither is whether it has expired.
 *
 * Where one is found depends on a seed that nobody knows, so how long it takes
 * tells nothing. Of two with the same place the newer stays. Pure.
 */
#ifndef CLOUD_KEY_MEMORY_H
#define CLOUD_KEY_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "cloud/key.h"
#include "common/names.h"

#define KEY_MEMORY_PLACES 512 /* a power of two */

/* All zero but for the seed when nothing was learned. */
struct key_memory {
	uint64_t seed;
	struct key_known {
		char camera[CAMERA_NAME_MAX + 1], token[KEY_TOKEN_SIZE];
	} known[KEY_MEMORY_PLACES];
};

/* `token` has KEY_TOKEN_SIZE - 1 characters; no NUL need follow. */
bool key_memory_has(const struct key_memory *m, const char *camera,
		    const char *token);
void key_memory_add(struct key_memory *m, const char *camera,
		    const char *token);

#endif
