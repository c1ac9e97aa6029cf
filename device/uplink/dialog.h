/* SPDX-License-Identifier: MIT */
/*
 * dialog: one connection's conversation with the relay (common/wire.h),
 * without the network: pieces of messages go in, the message to send next
 * comes out in an outbox, and whoever owns the connection hears what he has
 * to do.
 *
 *   greeting -> waiting -> live -> leaving -> left
 *      |  hello     |  welcome  |     |  bye
 *      `------------+-----------+-----'-> broken
 *
 * A dialog that is to take over from another one is `ready` between welcome
 * and live, until dialog_begin(); the one before it is paused meanwhile, so
 * that nothing is on two ways at once.
 *
 * Time is an argument (monotonic). Network thread.
 */
#ifndef DEVICE_UPLINK_DIALOG_H
#define DEVICE_UPLINK_DIALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/wire.h"
#include "device/stream/handover.h"
#include "device/uplink/flow.h"
#include "device/uplink/outbox.h"
#include "device/uplink/relay_clock.h"
#include "device/uplink/uplink.h"

#define DIALOG_WELCOME_US 5000000 /* a relay that takes longer is none */

/*
 * Silence after which it is asked by a ping, and after which it is lost: while
 * media flows, acknowledgements come all the time.
 */
#define DIALOG_PING_US 2000000
#define DIALOG_DEAD_US 6000000

/* While no media is sent, nobody waits for it, and each byte costs. */
#define DIALOG_REST_PING_US 30000000
#define DIALOG_REST_DEAD_US 45000000

/* What outlives one connection. */
struct dialog_sent {
	struct uplink_counters counters;
	struct wire_position newest; /* sent by any connection; see parts */
	struct relay_clock clock;
	struct poster *poster;	 /* borrowed; may be NULL */
	uint64_t poster_offered; /* the newest that may be sent */
	uint64_t poster_number;	 /* the newest that was */
	bool has_acked;		 /* by any relay, on any connection: */
	struct wire_position acked;
	/*
	 * From here on nothing was left out. What a relay says that it holds
	 * may begin earlier, and lack the end of a segment.
	 */
	uint32_t whole_from;
	struct flow flow; /* of the dialog that began last: */
	const struct dialog *flows;
};

struct dialog_params {
	uint64_t process;
	struct handover *handover; /* borrowed */
	struct dialog_sent *sent;  /* borrowed */
	int64_t now_us;		   /* monotonic */
	int64_t wall_us;	   /* at the same moment */
	bool hold;		   /* sends no media before dialog_begin() */
};

struct dialog;

/* The connection is open. On failure *out is NULL. -ENOMEM. */
int dialog_open(struct dialog **out, const struct dialog_params *params);
void dialog_close(struct dialog **d);

enum dialog_event {
	DIALOG_NOTHING,	 /* go on */
	DIALOG_WELCOMED, /* there is something to send now */
	DIALOG_DRAIN,	 /* connect anew, then leave this one */
	DIALOG_DEMAND,	 /* see dialog_viewers() */
	DIALOG_ERROR,	 /* the relay refuses to go on: close */
	DIALOG_BROKEN,	 /* what came is no message of ours: close */
};

/* Takes a piece of a message; the first and the final one are marked. */
enum dialog_event dialog_receive(struct dialog *d, const uint8_t *bytes,
				 size_t n, bool first, bool final,
				 int64_t now_us);

/* How many watch, as the relay said last. */
uint32_t dialog_viewers(const struct dialog *d);

/*
 * What the relay is to know of this device, and a sentence of at most
 * WIRE_MAX_TEXT bytes, or "": said when it differs from what was said last, at
 * first from a live device without anything to report. Media is sent while
 * the mode is WIRE_LIVE: when it becomes that again, the newest there is,
 * beginning with a segment.
 */
void dialog_set_status(struct dialog *d, const struct wire_status *status,
		       const char *text);

/* Somebody waits for a first picture, now or when it may send. */
void dialog_hurry(struct dialog *d);

/* After DIALOG_ERROR: an enum wire_error_code, or one that is not known here.
 */
uint16_t dialog_error(const struct dialog *d);

/* After DIALOG_ERROR or DIALOG_BROKEN: why, fit to be logged. Borrowed. */
const char *dialog_why(const struct dialog *d);

/* A sign of life that is no message: a pong, or bytes that got through. */
void dialog_heard(struct dialog *d, int64_t now_us);

/* What the relay's clock showed; see relay_clock.h. */
struct dialog_clock {
	int64_t asked_us, heard_us; /* in between, monotonic */
	int64_t relay_us;	    /* Unix time */
	int64_t own_us;		    /* our wall clock minus monotonic, now */
};

/* An answer that is no message: see clock_asking.h. */
void dialog_hear_clock(struct dialog *d, const struct dialog_clock *clock);

/*
 * Returns the outbox with a message or the rest of one in it, or NULL when
 * there is nothing to say until the handover has more, or ever.
 */
struct outbox *dialog_speak(struct dialog *d, int64_t now_us);

/*
 * A dialog with `hold` that was welcomed may send from now on. `before` is the
 * dialog that it takes over from, when that is settled and was with the same
 * relay: it goes on exactly where that one ends. NULL: where the welcome says.
 */
void dialog_begin(struct dialog *d, const struct dialog *before);

/* Whether its relay holds all that any has acknowledged: it is the same one. */
bool dialog_knows_us(const struct dialog *d);

/* Begins no message, until it is to go on; that on its way is finished. */
void dialog_pause(struct dialog *d);
void dialog_resume(struct dialog *d);

/* Nothing is on its way: the relay has acknowledged each part it was sent. */
bool dialog_is_settled(const struct dialog *d);

/* Settled, and there was nothing more to send. */
bool dialog_is_caught_up(const struct dialog *d);

/* The end of the stream was told, behind all of it. */
bool dialog_is_finished(const struct dialog *d);

/* The media that is not acknowledged and will be sent; none before it began. */
struct window_amount dialog_behind(const struct dialog *d);

/* Whether it was told to send media, and may. */
bool dialog_sends_media(const struct dialog *d);

/* Whether playlists are a burden; see sendplan_spare(). */
void dialog_spare(struct dialog *d, bool spare);

/* What waits is too old; see sendplan_leave_old(). */
void dialog_leave_old(struct dialog *d, uint64_t bytes);

/* Says bye behind what is on its way; see dialog_has_left(). */
void dialog_leave(struct dialog *d);

/* Everything has been said, the bye too. */
bool dialog_has_left(const struct dialog *d);

bool dialog_is_live(const struct dialog *d);

enum dialog_health {
	DIALOG_FINE,
	DIALOG_SILENT, /* ask: send a ping */
	DIALOG_DEAD,   /* give up */
};

enum dialog_health dialog_check(struct dialog *d, int64_t now_us);

#endif
