/* SPDX-License-Identifier: MIT */
/*
 * publishers: the devices that publish, and who of several is a camera: a
 * connection with the same process id stands beside the one before, another
 * id replaces it. Each is a WebSocket (publish.h) or a session of HTTP
 * requests (post.h), which give their bytes in here.
 *
 * Server's thread. No I/O; time is an argument.
 */
#ifndef CLOUD_PUBLISHERS_H
#define CLOUD_PUBLISHERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "cloud/store/demand.h"
#include "cloud/store/ingest.h"
#include "common/names.h"

struct guard;
struct publisher;
struct publishers;
struct report_counters;
struct store;

/* What publishers of one kind do. */
struct publisher_kind {
	/* Sees to it that what ingest_take() has now is sent. Frees nobody: all
	 * may be being walked along. */
	void (*poke)(struct publisher *p);
	/* Asks a device that is silent whether it lives. */
	void (*ask)(struct publisher *p);
	/* Ends it, and no other: the device does not live. It may be freed. */
	void (*give_up)(struct publisher *p);
};

/* Part of each kind's own struct. */
struct publisher {
	TAILQ_ENTRY(publisher) all; /* oldest first */
	const struct publisher_kind *kind;
	struct publishers *owner;
	struct ingest *ingest; /* NULL: has not begun, or has ended */
	char camera[CAMERA_NAME_MAX + 1];
	bool greeted; /* has said hello */
	bool said_bye;
	bool left;   /* its process has, here or on another connection */
	bool asked;  /* whether it lives */
	bool over;   /* it has heard all there was to say: the tick ends it */
	bool within; /* a message, which began at message_us */
	int64_t began_us, heard_us, message_us;
	struct demand demand;
};

struct publishers_params {
	struct report_counters *counters; /* borrowed, as all here */
	struct store *store;
	struct guard *guard; /* NULL: nobody says too much */
	uint32_t max_part;
	/* How many watch, or wait to. */
	unsigned int (*viewers)(void *context, const char *camera);
	/* Something of the camera's has come. */
	void (*stored)(void *context, const char *camera);
	/* Something is to be said to a device that listens by HTTP. */
	void (*told)(void *context, const char *camera);
	void *context;
};

/* -ENOMEM. On failure *out is NULL. */
int publishers_open(struct publishers **out,
		    const struct publishers_params *params);

/* Gives up those that are left. */
void publishers_close(struct publishers **publishers);

const struct publishers_params *publishers_params(const struct publishers *ps);

/* The one behind `p` (NULL: the first); NULL: no more. */
struct publisher *publishers_next(const struct publishers *ps,
				  const struct publisher *p);

/*
 * A publisher with kind and camera filled in begins. -ENOMEM: it has not.
 * publisher_end() releases what is in it, and is not needed if it has not.
 */
int publisher_begin(struct publishers *ps, struct publisher *p, int64_t now_us);
void publisher_end(struct publisher *p, int64_t now_us);

/* A sign of life, which is one only as long as something is taken from it. */
void publisher_heard(struct publisher *p, int64_t now_us);

/* A piece of a message, as in ingest_feed(). */
enum ingest_event publisher_feed(struct publisher *p, const uint8_t *bytes,
				 size_t n, bool first, bool final,
				 int64_t now_us, int64_t wall_us);

/* The rest of a message that has begun will not come. */
void publisher_break(struct publisher *p);

/* It has broken a rule: it hears `text`, and nothing of it is taken any more.
 */
enum ingest_event publisher_fail(struct publisher *p, enum wire_error_code code,
				 const char *text);

/* Somebody asked for the camera: its device may have to know. */
void publishers_asked(struct publishers *ps, const char *camera,
		      int64_t now_us);

/*
 * Time has passed: asks silent devices whether they live, and tells them how
 * many watch.
 */
void publishers_tick(struct publishers *ps, int64_t now_us);

/* Asks every device to connect anew, elsewhere; new ones are not wanted. */
void publishers_drain(struct publishers *ps);
bool publishers_draining(const struct publishers *ps);

bool publishers_busy(const struct publishers *ps);

#endif
