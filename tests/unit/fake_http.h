/* SPDX-License-Identifier: MIT */
/*
 * fake_http: an HTTP/1.1 server on loopback, in a thread of its own, that
 * answers by script and remembers what it was asked. One connection after
 * the other.
 */
#ifndef TESTS_UNIT_FAKE_HTTP_H
#define TESTS_UNIT_FAKE_HTTP_H

#include <stdbool.h>
#include <stddef.h>

struct fake_http;

struct fake_http_body {
	const void *bytes;
	size_t size;
};

struct fake_http_script {
	/* Each request gets the next one, the last one stays; ends with NULL.
	 * "hang": none at all. "cut": the connection ends instead. "bodyN":
	 * 200 with bodies[N]. */
	const char *const *answers;
	const struct fake_http_body *bodies;
	const char *cert, *key; /* PEM files: TLS */
};

/* What it heard. */
struct fake_http_facts {
	int connections, resumed; /* of these: with a TLS session from before */
	int requests;
	char head[2048]; /* of the newest request */
	char body[256];	 /* its beginning, and a zero */
	size_t body_size;
	bool body_is_even; /* each byte of it is its first one */
};

struct fake_http *fake_http_open(const struct fake_http_script *script);
void fake_http_close(struct fake_http **s);
int fake_http_port(const struct fake_http *s);
struct fake_http_facts fake_http_facts(struct fake_http *s);

/* Waits until that many requests were heard. False: it took too long. */
bool fake_http_hears(struct fake_http *s, int requests);

#endif
