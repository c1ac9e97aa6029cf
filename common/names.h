/* SPDX-License-Identifier: MIT */
/*
 * names: the names under which media objects appear in URLs and in the spool.
 *
 *   init-1f2e3d4c.mp4             init segment, by its id
 *   5a6b7c8d-1234.m4s             segment 1234 of epoch 5a6b7c8d
 *   5a6b7c8d-1234.5.m4s           its part 5
 *   index.m3u8                    the playlist
 *
 * A name never stands for two different contents: the id of an init is made
 * from its bytes, and the epoch is new with each process and each jump of the
 * media sequence. Camera names are [a-z0-9][a-z0-9-]{0,31}.
 *
 * Pure; any thread.
 */
#ifndef COMMON_NAMES_H
#define COMMON_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/wire.h"

#define NAME_PLAYLIST	"index.m3u8"
#define NAME_SIZE	40 /* the longest object name and its NUL */
#define CAMERA_NAME_MAX 32

enum name_kind { NAME_INIT, NAME_SEGMENT, NAME_PART };

struct name {
	enum name_kind kind;
	uint32_t id; /* of an init; else the epoch */
	struct wire_position at;
};

/* Writes the name and returns its length. */
int name_format(char out[static NAME_SIZE], const struct name *name);

/*
 * Reads exactly the text that name_format() writes (no leading zeros, lower
 * case). Returns false, and leaves *out alone, for anything else.
 */
bool name_parse(struct name *out, const char *text, size_t n);

/* The id of an init segment: CRC-32 (ISO 3309) of its bytes. */
uint32_t name_init_id(const uint8_t *bytes, size_t n);

/*
 * Returns whether `text` may name a camera. Words that are paths of the relay
 * ("v1", "assets", "healthz", "readyz", "metrics") may not.
 */
bool camera_name_valid(const char *text, size_t n);

#endif
