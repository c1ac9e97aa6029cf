/* SPDX-License-Identifier: MIT */
/*
 * budget_ledger: what is remembered of a data budget when the program stops:
 * a small file on a disk, complete or absent.
 */
#ifndef DEVICE_BUDGET_BUDGET_LEDGER_H
#define DEVICE_BUDGET_BUDGET_LEDGER_H

#include <stdint.h>

struct budget_ledger {
	int64_t start_us, end_us; /* of the period that is counted, Unix time */
	uint64_t used_bytes;
	int64_t live_us; /* in it, video was sent */
};

/* -ENOENT: there is none; -EPROTO: it is damaged. Not logged. */
int budget_ledger_read(struct budget_ledger *out, const char *path);

/* Makes the folder if need be. Not logged. */
int budget_ledger_write(const struct budget_ledger *l, const char *path);

#endif
