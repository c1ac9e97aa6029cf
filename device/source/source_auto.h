/* SPDX-License-Identifier: MIT */
/*
 * source_auto: which source "auto" is: a camera with a node of its own, else
 * the one on a Pi's ribbon, else the test card.
 *
 * Media thread.
 */
#ifndef DEVICE_SOURCE_SOURCE_AUTO_H
#define DEVICE_SOURCE_SOURCE_AUTO_H

#include "device/source/source.h"

/*
 * The name to open. One that was used before (memory->name) stays, so that a
 * camera that is unplugged is waited for, and not replaced by a test card.
 */
const char *source_auto(struct source_memory *memory);

#endif
