/* SPDX-License-Identifier: MIT */
/*
 * https: one HTTP request after the other, over TLS or not; the only file
 * that knows libcurl.
 *
 * A request is answered or has failed before its deadline, and can be given
 * up from another thread. The certificate is always verified, a redirect is
 * never followed, proxies are those of the environment (http_proxy,
 * https_proxy, no_proxy), but for what stays on this machine. The connection
 * and the TLS session are used again. Nothing is logged here: https_why() has
 * the sentence, and whoever asked knows whether it is news.
 *
 * One thread at a time, but for https_wake() and https_abort().
 */
#ifndef DEVICE_UPLINK_HTTPS_H
#define DEVICE_UPLINK_HTTPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTPS_MAX_ANSWER (64u << 10) /* bytes of an answer's body */
#define HTTPS_MAX_HEAD	 (16u << 10) /* and of its head */

struct https;

/* -ENOMEM. On failure *out is NULL. `ca_file` (PEM, or NULL) is copied. */
int https_open(struct https **out, const char *ca_file);
void https_close(struct https **h);

struct https_request {
	const char *method; /* "GET", "PUT", "POST", "DELETE" */
	const char *url;    /* http:// or https://, without a password */
	const char *const *headers; /* "Name: value", ends with NULL; or NULL */
	const char *authorization;  /* value of that header, or NULL */
	const void *body;	    /* borrowed for the call; or NULL */
	size_t body_size;	    /* 0 with a body: Content-Length: 0 */
	int deadline_ms;	    /* for all of it; 0: ten seconds */
	int stall_s;		    /* without a byte moving; 0: no limit */
	bool close;		    /* the connection is not kept */
};

/* Borrowed until the next request. */
struct https_answer {
	int status;	     /* 200, 404, ... */
	const uint8_t *body; /* "" behind its end */
	size_t body_size;
	int retry_after_s;     /* 0: not said */
	const char *redirect;  /* where a 3xx points to, or NULL */
	bool reused;	       /* came over a connection that was there */
	size_t sent, received; /* bytes of HTTP, heads and bodies */
};

/*
 * Asks, and waits for the whole answer. 0: *out is what was answered,
 * whatever its status. Else it did not get that far:
 *
 *   -EHOSTUNREACH  no such name, or no name server answers
 *   -ECONNREFUSED and others of connect(2)
 *   -EKEYREJECTED  TLS: the certificate is none to trust
 *   -EACCES        the proxy wants a password, or another one
 *   -ETIMEDOUT     the deadline has passed, or it stalled
 *   -EPROTO        what came is no HTTP, or no TLS
 *   -EMSGSIZE      an answer beyond HTTPS_MAX_ANSWER or _HEAD
 *   -ECANCELED     https_abort()
 *   -EINVAL        the URL or a header cannot be sent
 *   -ENOMEM, -EIO  anything else
 */
int https_request(struct https *h, const struct https_request *request,
		  struct https_answer *out);

/*
 * After an error, or an answer that is not 2xx: the thing, the reason and the
 * next step in one line, fit to be logged. "" otherwise. Borrowed until the
 * next request.
 */
const char *https_why(const struct https *h);

/* A header of the last answer, or NULL. Borrowed until the next request. */
const char *https_header(const struct https *h, const char *name);

/* Waits for https_wake() or https_abort(), no longer than that. */
void https_wait(struct https *h, int timeout_ms);

/* Ends https_wait(), now or when it is called next. Any thread. */
void https_wake(struct https *h);

/* Ends the request that is under way, and all later ones. Any thread. */
void https_abort(struct https *h);

#endif
