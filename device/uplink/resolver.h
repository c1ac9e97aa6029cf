/* SPDX-License-Identifier: MIT */
/*
 * resolver: the addresses of one host. They are looked up in a thread that
 * lives for that only, because getaddrinfo() returns when it likes: with a
 * dead name server after half a minute. What was found before stays good for
 * as long as nothing newer is.
 *
 * Network thread. `found` is called in the other one.
 */
#ifndef DEVICE_UPLINK_RESOLVER_H
#define DEVICE_UPLINK_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RESOLVER_ADDRESSES    8
#define RESOLVER_ADDRESS_SIZE 64 /* numeric, with the scope of IPv6 */

/* A name server that takes longer is dead. */
#define RESOLVER_US 4000000

/* With addresses from an earlier time, it is not waited for that long. */
#define RESOLVER_AGAIN_US 1000000

struct resolver;

/*
 * `host` is a name, or an address, which takes no thread. -ENOMEM; then *out
 * is NULL.
 */
int resolver_open(struct resolver **out, const char *host,
		  void (*found)(void *context), void *context);

/* At once; `found` is not called any more. */
void resolver_close(struct resolver **r);

/* Begins to look, unless it does already. */
void resolver_start(struct resolver *r, int64_t now_us);

enum resolver_result {
	RESOLVER_LOOKING, /* see resolver_until_us() */
	RESOLVER_FOUND,	  /* see resolver_address() */
	RESOLVER_NO_NAME, /* there is no such host */
	RESOLVER_DEAD,	  /* no name server answers */
};

enum resolver_result resolver_look(struct resolver *r, int64_t now_us);

/* When RESOLVER_LOOKING ends at the latest. */
int64_t resolver_until_us(const struct resolver *r);

/* The address to try, numeric; after RESOLVER_FOUND. */
const char *resolver_address(const struct resolver *r);

/*
 * Nobody answers at that address: the next one is to be tried. Returns whether
 * that was not tried since all of them were.
 */
bool resolver_reject(struct resolver *r);

/* Why it did not come to RESOLVER_FOUND, with the host's name in it. */
void resolver_tell(const struct resolver *r, enum resolver_result result,
		   char *out, size_t size);

/*
 * The name servers of this machine as resolv.conf(5) has them in `text`, for
 * people: "192.168.1.1, 192.168.1.2"; "" without any. Pure.
 */
void resolver_servers(char *out, size_t size, const char *text);

#endif
