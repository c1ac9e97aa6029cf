/* SPDX-License-Identifier: MIT */
/*
 * status_command: `oriel-cam status`: what a camera that runs on this machine
 * is doing, from its status_file. Main thread, without any other.
 */
#ifndef DEVICE_STATUS_STATUS_COMMAND_H
#define DEVICE_STATUS_STATUS_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Looks at `paths`, which end with NULL, and prints the first file there is,
 * on stdout. Returns 0, -ENOENT when no camera runs, said on stdout or as
 * JSON; -EPROTO when what it says is not to be understood.
 */
int status_command(const char *const *paths, bool json, int64_t wall_us);

#endif
