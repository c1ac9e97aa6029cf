/* SPDX-License-Identifier: MIT */
/*
 * uplink: sends what the relay does not have yet, over one outbound WebSocket
 * (common/wire.h): which connections there are, and when they are tried. What
 * happens on one of them is connection.h's.
 *
 * Each media byte goes once: a part before the playlist that names it, and
 * after a reconnect just what the relay's welcome does not hold. A lost
 * connection is tried again for ever, with growing pauses and jitter.
 *
 * Network thread, but for uplink_wake() and uplink_stop().
 */
#ifndef DEVICE_UPLINK_UPLINK_H
#define DEVICE_UPLINK_UPLINK_H

#include <stdint.h>

#include "device/budget/budget.h"
#include "device/poster/poster.h"
#include "device/status/status.h"
#include "device/stream/handover.h"
#include "device/stream/steering.h"
#include "device/uplink/pressure.h"
#include "device/uplink/watched.h"

struct uplink;

struct uplink_params {
	const char *relay;   /* ws://HOST[:PORT]/[PATH] or wss://... */
	const char *camera;  /* its name on the relay */
	const char *key;     /* publish key; never logged */
	const char *ca_file; /* PEM to trust instead of the system's; or NULL */
	uint64_t process;    /* random id of this process */
	struct pressure_params bitrate; /* what may be asked of the encoder */
	struct status *status; /* what is going on; borrowed, may be NULL */
	struct poster *poster; /* likewise */
	struct budget *budget; /* likewise */
	/*
	 * Before a connection is that old, another one takes over from it: what
	 * lies in between may cut old ones (Cloud Run: after 60 minutes).
	 * 0: never.
	 */
	int64_t reconnect_after_us;
	struct watched_params watched;
	int check_in_s;		   /* asleep: between two questions */
	enum steering_work asleep; /* what media does then */
	struct steering *steering; /* borrowed; may be NULL */
};

/*
 * Prepares the uplink. Connects only in uplink_run(). -EINVAL, logged: the
 * URL is none of ours.
 */
int uplink_open(struct uplink **out, const struct uplink_params *params);

/*
 * Runs until uplink_stop(): connects, sends, reconnects. Says bye before it
 * returns when it is connected, within half a second; behind the end of a
 * stream that is finished (handover.h), within five more. Returns 0 or an
 * error that makes going on useless, logged.
 */
int uplink_run(struct uplink *u, struct handover *handover);

/* There is something new in the handover. Any thread, any time. */
void uplink_wake(struct uplink *u);

/* Ends uplink_run() soon. Any thread, any time; not a signal handler. */
void uplink_stop(struct uplink *u);

/* Counters since uplink_open(), for the log and for tests. */
struct uplink_counters {
	uint64_t media_bytes;	 /* payload of init and part messages */
	uint64_t playlist_bytes; /* payload of playlist messages */
	uint64_t poster_bytes;	 /* payload of poster messages */
	uint64_t other_bytes;	 /* payload of everything else */
	uint64_t messages;	 /* of all kinds */
	uint64_t parts, resent;	 /* sent; of these, for a second time */
	uint64_t skipped;	 /* segments that were not sent whole */
	uint64_t connects;	 /* that were welcomed */
};

/* Network thread, or after uplink_run() has returned. */
const struct uplink_counters *uplink_counters(const struct uplink *u);

void uplink_close(struct uplink **u);

#endif
