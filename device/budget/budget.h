/* SPDX-License-Identifier: MIT */
/*
 * budget: keeps what is sent below a data budget such as "5G/month". It counts
 * over restarts, plans what may still be sent (budget_plan.h), and wishes a
 * lower bitrate; when the budget is nearly used up, only posters are left.
 *
 * The time is the relay's, and until that is known the period goes on that was
 * counted last: the machine's own clock can be wrong after a boot, and a count
 * that began anew because of that would be none. A clock that goes back takes
 * the count along.
 *
 * Counted is an estimate of all that goes over the line, both ways; see
 * budget_gross(). Network thread. A NULL budget is fine: there is none.
 */
#ifndef DEVICE_BUDGET_BUDGET_H
#define DEVICE_BUDGET_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "device/budget/budget_period.h"
#include "device/status/status.h"
#include "device/stream/steering.h"

struct budget;

struct budget_params {
	struct budget_allowance allowance;
	const char *path;	   /* of the ledger; borrowed */
	int64_t bitrate;	   /* bit/s, where no budget matters */
	int64_t least_bitrate;	   /* less is not wished; then, posters */
	struct steering *steering; /* borrowed; may be NULL */
	struct status *status;	   /* likewise */
};

/*
 * Reads what was counted before. -ENOMEM; on failure *out is NULL. A ledger
 * that cannot be read is logged and begun anew.
 */
int budget_open(struct budget **out, const struct budget_params *params);

/* Writes down what was counted. */
void budget_close(struct budget **b);

/* What this process has sent, in all. */
struct budget_traffic {
	uint64_t payload; /* bytes of messages */
	uint64_t messages;
	uint64_t connects;  /* WebSockets that were opened */
	uint64_t check_ins; /* requests while asleep */
};

/* What that is on the line, with TLS, TCP and IP, in bytes. */
uint64_t budget_gross(const struct budget_traffic *t);

/*
 * Now and then, at least once a second while anything is sent. `wall_us`:
 * Unix time, 0 while it is not known; `now_us`: monotonic; `live`: video is
 * sent.
 */
void budget_look(struct budget *b, const struct budget_traffic *traffic,
		 bool live, int64_t wall_us, int64_t now_us);

/* Whether a poster may go now; it counts as sent. */
bool budget_lets_poster(struct budget *b, int64_t now_us);

#endif
