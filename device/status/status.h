/* SPDX-License-Identifier: MIT */
/*
 * status: what is going on, in one place: whoever knows a piece of it says so
 * here, and `oriel-cam status`, the relay and the log say it on. A change of
 * state is one line in the log, written here.
 *
 * Any thread: one mutex, held for as long as it takes to copy a few bytes,
 * never across I/O. A NULL status is fine and says nothing to nobody.
 */
#ifndef DEVICE_STATUS_STATUS_H
#define DEVICE_STATUS_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/wire.h"

#define STATUS_NAME_SIZE  64  /* a source, an encoder, a camera */
#define STATUS_RELAY_SIZE 300 /* host and port */

/*
 * What people may have to be told about. There is one note for each; shown is
 * the first there is.
 */
enum status_topic {
	STATUS_HARDWARE,   /* it hangs, only a reboot helps */
	STATUS_SOURCE,	   /* no camera, no picture */
	STATUS_CONNECTION, /* why there is none */
	STATUS_BUDGET,	   /* nearly or entirely used up */
	STATUS_QUALITY,	   /* less of it than was asked for, and why */
	STATUS_TOPICS
};

/* Of a data budget. limit_bytes 0: there is none. */
struct status_budget {
	uint64_t limit_bytes, used_bytes;
	int64_t ends_us;  /* of its period, Unix time; 0: not known yet */
	uint32_t ceiling; /* bit/s that it allows; 0: as many as wanted */
};

/* What has left this machine, payload of messages and requests, in bytes. */
struct status_traffic {
	uint64_t sent, media, posters; /* `sent` holds the other two */
};

/* All of it, at one moment. */
struct status_view {
	char camera[STATUS_NAME_SIZE];
	char relay[STATUS_RELAY_SIZE]; /* "": only to the spool */
	char source[STATUS_NAME_SIZE], encoder[STATUS_NAME_SIZE]; /* "": none */
	int pid;
	int64_t started_us, written_us; /* Unix time */
	enum wire_mode mode;
	int64_t mode_us; /* since when, Unix time */
	bool connected;
	int64_t connected_us; /* since when it is, or is not */
	uint16_t checkin_s;
	uint32_t behind_ms, bitrate, skipped_ms;
	uint32_t fps_milli; /* frames that came in a thousand seconds */
	int width, height;
	uint64_t frames;
	struct status_traffic traffic;
	struct status_budget budget;
	char note[WIRE_MAX_TEXT + 1];	/* the first of the topics, or "" */
	char origin[STATUS_RELAY_SIZE]; /* of --push; "": none */
	char origin_note[WIRE_MAX_TEXT + 1]; /* what is wrong with it, or "" */
};

struct status;

struct status_params {
	const char *camera;
	const char *relay;  /* for people: host and port; NULL: none */
	const char *origin; /* likewise */
	int64_t wall_us;
};

/* -ENOMEM; then *out is NULL. */
int status_open(struct status **out, const struct status_params *params);
void status_close(struct status **s);

/*
 * Says `text` about a topic, a sentence with the next step in it; NULL or "":
 * that is over. What is too long is cut. Not logged: who says it does that.
 */
void status_note(struct status *s, enum status_topic topic, const char *text);

/*
 * What is wrong with the origin; NULL: it takes what it is given. It is the
 * owner's alone, and no relay is told.
 */
void status_origin(struct status *s, const char *trouble);

/* The source has been opened; `encoder` is NULL when H.264 passes through. */
void status_source(struct status *s, const char *source, const char *encoder,
		   int width, int height);

/* One more picture came out of the encoder, or of the source. */
void status_frame(struct status *s);

/* What the encoder aims at, bit/s; 0: it is not for us to say. */
void status_bitrate(struct status *s, uint32_t bitrate);

/* How much is sent; a change is logged. `checkin_s`: see common/wire.h. */
void status_mode(struct status *s, enum wire_mode mode, uint16_t checkin_s,
		 int64_t wall_us);

/*
 * Whether the data budget is used up: then only posters are sent, whatever
 * the mode is else, but for who is asleep. A change is logged.
 */
void status_spent(struct status *s, bool spent, int64_t wall_us);

/* Whether a relay has welcomed us. */
void status_connected(struct status *s, bool connected, int64_t wall_us);

/* How the network keeps up, and what was left out: see common/wire.h. */
void status_behind(struct status *s, uint32_t behind_ms);
void status_skipped(struct status *s, uint32_t skipped_ms);

void status_traffic(struct status *s, const struct status_traffic *traffic);

void status_budget(struct status *s, const struct status_budget *budget);

/* Once a second or so: how many frames there are in one. Monotonic. */
void status_count_fps(struct status *s, int64_t now_us);

/* A copy of all of it. */
void status_read(struct status *s, struct status_view *out);

/* For people: "live", "quiet", "asleep", "posters"; never NULL. */
const char *status_mode_name(enum wire_mode mode);

#endif
