/* SPDX-License-Identifier: MIT */
/*
 * fake_relay: a WebSocket server on loopback, in a thread of its own, that
 * plays a relay by script and writes down what it hears, one word for each
 * event, with the number of the connection in front:
 *
 *   1:open 1:hello 1:init1 1:5.0 1:[5-5.0] 1:bye 1:closed
 */
#ifndef TESTS_UNIT_FAKE_RELAY_H
#define TESTS_UNIT_FAKE_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/wire.h"

struct fake_relay;

struct fake_relay_script {
	unsigned int status;  /* answers the upgrade with this; 0: takes it */
	const char *protocol; /* what it speaks; NULL: oriel.1 */
	struct wire_message welcome; /* type 0: none is sent */
	struct wire_message later;   /* what it is behind the first; 0: same */
	const char *location;	     /* of status 302 */
	bool deaf;		     /* reads nothing behind the hello */
	bool acks;		     /* parts, as a relay does */
	const char *cert, *key; /* PEM files: TLS, and "0:tcp" for each try */
};

struct fake_relay *fake_relay_open(const struct fake_relay_script *script);
void fake_relay_close(struct fake_relay **r);

/*
 * Two contexts of libwebsockets share its log, and that is not made for two
 * threads: nothing is logged from here on.
 */
void fake_relay_hush(void);

int fake_relay_port(const struct fake_relay *r);

/* From the next connection on. */
void fake_relay_set_welcome(struct fake_relay *r, const struct wire_message *m);
void fake_relay_set_status(struct fake_relay *r, unsigned int status);

/*
 * From now on: with true also of what came before; false returns when all that
 * came before has been acknowledged.
 */
void fake_relay_set_acks(struct fake_relay *r, bool acks);

/* Over the newest connection. `n` bytes as they are, or a whole message. */
void fake_relay_send(struct fake_relay *r, const void *bytes, size_t n);
void fake_relay_say(struct fake_relay *r, const struct wire_message *m,
		    const char *body);

/* Drops the newest connection without a word. */
void fake_relay_drop(struct fake_relay *r);

/* Waits until it has heard `words`, in this order and nothing between. */
bool fake_relay_hears(struct fake_relay *r, const char *words);

/* Everything up to now. Borrowed until the next call. */
const char *fake_relay_heard(struct fake_relay *r);

/* Of the newest connection. */
struct fake_relay_facts {
	char path[128], authorization[128], protocols[64];
	uint64_t process;
	size_t media_bytes; /* of all connections: init and part messages */
	size_t most_pieces; /* that one message came in */
};

struct fake_relay_facts fake_relay_facts(struct fake_relay *r);

#endif
