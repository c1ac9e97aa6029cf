/* SPDX-License-Identifier: MIT */
/*
 * note: a sentence that a device says of itself, made fit to be put into
 * JSON and log lines. Pure.
 */
#ifndef CLOUD_STORE_NOTE_H
#define CLOUD_STORE_NOTE_H

#include <stddef.h>

#include "common/wire.h"

#define NOTE_SIZE (WIRE_MAX_TEXT + 1)

/*
 * Copies at most NOTE_SIZE - 1 of the `n` bytes of `note`, which may be
 * anything: well-formed UTF-8 stays, what would need escaping in JSON, or is
 * none, becomes a question mark each.
 */
void note_copy(char out[static NOTE_SIZE], const char *note, size_t n);

#endif
