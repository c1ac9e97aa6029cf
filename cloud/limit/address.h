/* SPDX-License-Identifier: MIT */
/*
 * address: whose connection or request it is, as far as limits count: an IPv4
 * address, or the first 64 bits of an IPv6 one, because whoever has one of
 * these has them all (RFC 4291 2.5.4, RFC 6177). Pure.
 */
#ifndef CLOUD_LIMIT_ADDRESS_H
#define CLOUD_LIMIT_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sockaddr;

#define ADDRESS_TEXT 48 /* "2001:db8:1:2::/64" and its NUL */

/*
 * IPv4 is ::ffff:a.b.c.d (RFC 4291 2.5.5.2), IPv6's loopback is 127.0.0.1. All
 * zeros is who has no address, or hides it.
 */
struct address {
	uint8_t byte[16];
};

/* Anything but IPv4 and IPv6 is all zeros. */
void address_of_socket(struct address *out, const struct sockaddr *from);

/*
 * The nth last entry of an X-Forwarded-For, `hops` from 1 on being how many
 * proxies that we trust have added one each; where there are fewer, the first.
 * What is no address there is all zeros. False: the list is empty.
 */
bool address_forwarded(struct address *out, const char *list,
		       unsigned int hops);

bool address_equal(const struct address *a, const struct address *b);
bool address_is_loopback(const struct address *a);

/* Not an address: who has come to the listener that only we can reach. */
void address_set_inside(struct address *out);
bool address_is_inside(const struct address *a);

/* For people. */
const char *address_print(char out[static ADDRESS_TEXT],
			  const struct address *a);

#endif
