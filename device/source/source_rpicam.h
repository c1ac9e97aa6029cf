/* SPDX-License-Identifier: MIT */
/* source_rpicam: whether the program is there that it starts. Any thread. */
#ifndef DEVICE_SOURCE_SOURCE_RPICAM_H
#define DEVICE_SOURCE_SOURCE_RPICAM_H

#include <stdbool.h>
#include <stddef.h>

bool source_rpicam_find(char *out, size_t size);

#endif
