/* SPDX-License-Identifier: MIT */
/*
 * wire: what oriel-cam and oriel-relay say to each other. This header is the
 * specification of the WebSocket subprotocol "oriel.1"; tests/unit/test_wire.c
 * holds its golden bytes.
 *
 * One binary WebSocket message is one Oriel message; what relay and device say
 * of clocks meanwhile is in wire_clock.h. Integers are big-endian.
 *
 *   0      1       2       4        8
 *   +------+-------+-------+--------+-----------------+---------------
 *   | type | flags | zero  | size   | fields          | body
 *   | u8   | u8    | u16   | u32    | fixed by type   | the rest
 *   +------+-------+-------+--------+-----------------+---------------
 *
 * `size` counts fields and body, so a truncated message shows. "zero" must be
 * zero and flags that a type does not define must be clear: they can mean
 * something in a later version. A type that is not listed here is refused.
 *
 * From the device, in this order: hello; then init, part and playlist as they
 * come, and poster and status among them; bye before leaving on purpose. A
 * part goes before the playlist that names it, an init before the part that
 * needs it. The relay answers hello with welcome and demand, and each part and
 * playlist with ack.
 *
 * Pure: bytes in, values out; no I/O, no allocation. Any thread.
 */
#ifndef COMMON_WIRE_H
#define COMMON_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_PROTOCOL "oriel.1"

#define WIRE_HEAD_SIZE	   8  /* type, flags, zero, size */
#define WIRE_MAX_FIELDS	   40 /* the longest fields: playlist */
#define WIRE_MAX_FIXED	   (WIRE_HEAD_SIZE + WIRE_MAX_FIELDS)
#define WIRE_MAX_INIT	   (64u << 10)	/* bytes of body */
#define WIRE_MAX_PART	   (8u << 20)	/* 3 s at 20 Mbit/s, and a margin */
#define WIRE_MAX_PLAYLIST  (256u << 10) /* gzip and delta together */
#define WIRE_MAX_PLAIN	   (2u << 20)	/* a playlist when inflated */
#define WIRE_MAX_POSTER	   (256u << 10) /* bytes of JPEG */
#define WIRE_MAX_TEXT	   256		/* bye, status, error */
#define WIRE_MAX_TARGET_MS 60000	/* target durations, both */
#define WIRE_MAX_MSN	   0x7fffffffu	/* players keep it in 31 bits */
#define WIRE_MAX_TIME_US   (INT64_C(1) << 53) /* 285 years around 1970 */
#define WIRE_MAX_PARTS	   1000		      /* in one segment */

enum wire_type {
	/* device to relay */
	WIRE_HELLO = 1,
	WIRE_INIT = 2,
	WIRE_PART = 3,
	WIRE_PLAYLIST = 4,
	WIRE_BYE = 5,
	WIRE_POSTER = 6,
	WIRE_STATUS = 7,
	/* relay to device */
	WIRE_WELCOME = 64,
	WIRE_ACK = 65,
	WIRE_ERROR = 66,
	WIRE_DRAIN = 67, /* connect anew, then leave this connection */
	WIRE_DEMAND = 68,
	WIRE_KEY_FRAME = 69, /* a viewer waits for an IDR picture */
};

/* flags of part */
#define WIRE_INDEPENDENT   0x01 /* begins with an IDR picture */
#define WIRE_LAST	   0x02 /* no further part in this segment */
#define WIRE_DISCONTINUITY 0x04 /* its segment follows a discontinuity */
/* flags of playlist */
#define WIRE_ENDED 0x01 /* EXT-X-ENDLIST: the stream is over for good */
/* flags of welcome */
#define WIRE_HOLDS 0x01 /* the relay has parts of this camera */

/* A place in the stream: media sequence number and part within the segment. */
struct wire_position {
	uint32_t msn;
	uint32_t part;
};

struct wire_hello {
	uint64_t process; /* random, chosen once by each device process */
	int64_t clock_us; /* the device's wall clock, Unix time */
};

struct wire_init {
	uint32_t id; /* names it, see names.h; same bytes, same id */
};

/*
 * A segment is complete when a part with WIRE_LAST has come, or a part of a
 * later segment.
 */
struct wire_part {
	uint32_t epoch; /* in its name: no two uses of an msn share it */
	struct wire_position at;
	uint32_t init;		/* id of the init it needs */
	uint32_t discontinuity; /* discontinuity sequence of its segment */
	uint32_t duration_90k;
	int64_t start_us; /* wall clock of its first frame, Unix time */
};

/* body: `gzip_size` bytes of gzip, then `delta_size` bytes of gzip (or 0). */
struct wire_playlist {
	uint32_t first_msn;	   /* listed first: EXT-X-MEDIA-SEQUENCE */
	struct wire_position last; /* the newest part listed */
	uint32_t hint_epoch;
	struct wire_position hint; /* EXT-X-PRELOAD-HINT */
	uint32_t target_ms;	   /* EXT-X-TARGETDURATION */
	uint32_t part_target_ms;   /* PART-TARGET */
	uint32_t gzip_size;
	uint32_t delta_size; /* 0: no delta update */
};

/* A JPEG: what viewers see before the picture, or while there is none. */
struct wire_poster {
	int64_t taken_us; /* wall clock, Unix time */
};

/* How much a device sends. */
enum wire_mode {
	WIRE_LIVE = 1,	  /* everything */
	WIRE_QUIET = 2,	  /* no media until demand: nobody watches */
	WIRE_ASLEEP = 3,  /* as quiet; it leaves, and asks now and then */
	WIRE_POSTERS = 4, /* no media at all: the data budget is used up */
};

/*
 * How the device fares; sent when it changes. body: a sentence for people
 * about what is wrong and what to do, UTF-8, or nothing.
 */
struct wire_status {
	uint16_t mode;	     /* enum wire_mode; later versions may add */
	uint16_t checkin_s;  /* asleep: seconds between two questions, or 0 */
	uint32_t behind_ms;  /* media that the relay has not acknowledged */
	uint32_t bitrate;    /* bit/s, what the encoder aims at; 0: not known */
	uint32_t skipped_ms; /* media skipped on purpose by this process */
};

struct wire_welcome {
	int64_t clock_us;	   /* the relay's wall clock, Unix time */
	uint32_t first_msn;	   /* held without a gap from here ... */
	struct wire_position last; /* ... to here; only with WIRE_HOLDS */
	uint32_t epoch;		   /* of `last`; with WIRE_HOLDS */
	uint32_t discontinuity;	   /* sequence of `last`; with WIRE_HOLDS */
	uint32_t max_part;	   /* bytes, the largest part it takes */
	uint32_t max_segments;	   /* to be listed; fewer after a drain */
};

/* Everything up to and including `last` is held, and may be forgotten. */
struct wire_ack {
	struct wire_position last;
};

/* How many watch, or wait to; sent behind welcome and when it changes. */
struct wire_demand {
	uint32_t viewers;
};

enum wire_error_code {
	WIRE_ERROR_PROTOCOL = 1,     /* a message was malformed */
	WIRE_ERROR_TOO_LARGE = 2,    /* beyond a limit of welcome */
	WIRE_ERROR_ORDER = 3,	     /* before hello, or msn went back */
	WIRE_ERROR_UNKNOWN_PART = 4, /* a playlist names a part never sent */
	WIRE_ERROR_REPLACED = 5,     /* another device took this camera over */
	WIRE_ERROR_FULL = 6,	     /* no memory for another camera */
};

struct wire_error {
	uint16_t code; /* enum wire_error_code; later versions may add */
};

struct wire_message {
	enum wire_type type;
	uint8_t flags;
	union {
		struct wire_hello hello;
		struct wire_init init;
		struct wire_part part;
		struct wire_playlist playlist;
		struct wire_poster poster;
		struct wire_status status;
		struct wire_welcome welcome;
		struct wire_ack ack;
		struct wire_demand demand;
		struct wire_error error;
	};
	const uint8_t *body; /* borrowed from the bytes that were decoded */
	uint32_t body_size;
};

/*
 * Writes head and fields of `m` and returns their length, at most
 * WIRE_MAX_FIXED; the caller puts body_size bytes behind them. m->body is not
 * looked at. A message that wire_decode() would refuse is a programming error
 * and asserted.
 */
size_t wire_encode(uint8_t out[static WIRE_MAX_FIXED],
		   const struct wire_message *m);

/*
 * Reads head and fields, and leaves body NULL. Returns their length, so that
 * the body may be received straight to where it will stay; 0 when `n` bytes
 * are too few to tell; -EPROTO when they can never become a message,
 * -EMSGSIZE when a part of it is beyond its limit, -ENOTSUP for a type that
 * is not known here.
 */
int wire_decode_head(struct wire_message *out, const uint8_t *bytes, size_t n);

/*
 * Reads one whole message of exactly `n` bytes; out->body points into
 * `bytes`. Returns 0 or the errors above; -EPROTO also when bytes are missing
 * or left over.
 */
int wire_decode(struct wire_message *out, const uint8_t *bytes, size_t n);

/*
 * How long the message is that these `n` bytes begin with; 0: it is not whole.
 * For messages one behind the other, as HTTP carries them (docs/http.md).
 */
size_t wire_size(const uint8_t *bytes, size_t n);

/* Orders positions in stream time: <0, 0, >0, as memcmp does. */
int wire_compare(struct wire_position a, struct wire_position b);

/* For log lines: "part", "welcome", ...; never NULL. */
const char *wire_type_name(enum wire_type type);

#endif
