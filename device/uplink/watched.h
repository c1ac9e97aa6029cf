/* SPDX-License-Identifier: MIT */
/*
 * watched: how much is sent, by whether anybody watches:
 *
 *          nobody, for a while        still nobody
 *   LIVE ----------------------> QUIET ----------> ASLEEP
 *    ^            somebody         |                 |
 *    `-----------------------------+-----------------'
 *
 * Whoever owns the connections says what the relay tells of viewers. What is
 * not known is not acted on: without a connection a live device stays live.
 *
 * Pure: time is an argument. Network thread.
 */
#ifndef DEVICE_UPLINK_WATCHED_H
#define DEVICE_UPLINK_WATCHED_H

#include <stdbool.h>
#include <stdint.h>

struct watched_params {
	bool always;	  /* live, whoever watches */
	int64_t quiet_us; /* nobody watched for so long: quiet */
	int64_t sleep_us; /* quiet for so long: asleep; 0: never */
};

enum watched_state {
	WATCHED_LIVE,	/* everything is sent */
	WATCHED_QUIET,	/* connected, and no media is sent */
	WATCHED_ASLEEP, /* not connected */
};

struct watched {
	struct watched_params params;
	enum watched_state state;
	bool told; /* by the relay that is connected, of `viewers` */
	uint32_t viewers;
	int64_t since_us; /* nobody watches; or it is quiet */
};

/* Live, as if somebody had just left. */
void watched_init(struct watched *w, const struct watched_params *params,
		  int64_t now_us);

/* The relay says how many watch. */
void watched_tell(struct watched *w, uint32_t viewers, int64_t now_us);

/* There is no connection any more that could tell. */
void watched_lose(struct watched *w);

/* What holds now. */
enum watched_state watched_look(struct watched *w, int64_t now_us);

/* When that may change by time alone; INT64_MAX: it will not. */
int64_t watched_due_us(const struct watched *w);

#endif
