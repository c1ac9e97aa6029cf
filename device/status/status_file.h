/* SPDX-License-Identifier: MIT */
/*
 * status_file: the status as a small file, for `oriel-cam status`: there while
 * the program runs, written when something has changed and at most once a
 * second. It lies where the spool does, in memory.
 *
 * One thread at a time.
 */
#ifndef DEVICE_STATUS_STATUS_FILE_H
#define DEVICE_STATUS_STATUS_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "device/status/status.h"

#define STATUS_FILE_NAME     "status.json"
#define STATUS_FILE_EVERY_US 1000000

struct status_file {
	const char *path; /* borrowed */
	bool begun, failed;
	int64_t written_us; /* monotonic */
	struct status_view written;
};

void status_file_init(struct status_file *f, const char *path);

/* Now and then: writes it if that is due. Trouble is logged once. */
void status_file_update(struct status_file *f, struct status *s, int64_t now_us,
			int64_t wall_us);

/* Removes it: no camera runs any more. */
void status_file_remove(const struct status_file *f);

#endif
