/* SPDX-License-Identifier: MIT */
/*
 * https: HTTP requests, over TLS or not; with the files beside it the only
 * one that knows libcurl.
 *
 * A request is answered or has failed before its deadline. The certificate is
 * always verified, a redirect is never followed, proxies are those of the
 * environment (http_proxy, https_proxy, no_proxy), but for what stays on this
 * machine. Connections and TLS sessions are used again. Nothing is logged
 * here: https_why() has the sentence, and whoever asked knows whether it is
 * news.
 *
 * One request after the other, waited for, with https_request(); or several
 * at the same time, without waiting, with https_call_*().
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
struct https_call;

/* -ENOMEM. On failure *out is NULL. `ca_file` (PEM, or NULL) is copied. */
int https_open(struct https **out, const char *ca_file);
void https_close(struct https **h);

struct https_request {
	const char *method;	    /* "GET", "PUT", "POST", "DELETE" */
	const char *url;	    /* http:// or https://, no password in it */
	const char *const *headers; /* "Name: value", ends with NULL; or NULL */
	const char *authorization;  /* value of that header, or NULL */
	const void *body;	    /* borrowed until its end; or NULL */
	size_t body_size;	    /* 0 with a body: Content-Length: 0 */
	int deadline_ms;	    /* for all of it; 0: ten seconds */
	int stall_s;		    /* without a byte moving; 0: no limit */
	bool close;		    /* the connection is not kept */
};

/* Borrowed until the next request. */
struct https_answer {
	int status;	     /* 200, 404, ... */
	const uint8_t *body; /* with a zero behind it */
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
 *   -EACCES        the proxy wants a password, or lets nothing through
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

/* --- without waiting for the answer --- */

/* Before its https is closed, all calls are. -ENOMEM: *out is NULL. */
int https_call_open(struct https_call **out, struct https *h);
void https_call_close(struct https_call **c);

/*
 * Begins a request, which https_turn() then carries out; not while it is busy.
 * What is wrong with it from the start is the result of it, too.
 */
void https_call_start(struct https_call *c, const struct https_request *r);

/* It is under way. */
bool https_call_is_busy(const struct https_call *c);

/* Its result, once it is not busy: as of https_request(), and its sentence. */
int https_call_result(struct https_call *c, struct https_answer *out);
const char *https_call_why(const struct https_call *c);

/* A header of that answer, or NULL. Borrowed until the next request. */
const char *https_call_header(const struct https_call *c, const char *name);

/* The socket it goes over, to be asked how that does; -1: none is known. */
int https_call_socket(const struct https_call *c);

/* Drops it, if it is busy; the result is -ECANCELED. */
void https_call_cancel(struct https_call *c);

/*
 * Lets calls go on, and returns when one of them is through, when something
 * woke it, or after that time; now and then earlier.
 */
void https_turn(struct https *h, int timeout_ms);

/* --- waiting --- */

/* Waits for https_wake() or https_abort(), no longer than that. */
void https_wait(struct https *h, int timeout_ms);

/* Ends https_wait() or https_turn(), now or when it is called next. Any
 * thread. */
void https_wake(struct https *h);

/* Ends https_request(), and all later ones. Any thread. */
void https_abort(struct https *h);

#endif
