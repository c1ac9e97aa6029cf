/* SPDX-License-Identifier: MIT */
/*
 * report: what the relay says about itself: states as JSON, the start page;
 * and what it counts (see metrics.h). docs/http.md specifies the first. Pure.
 */
#ifndef CLOUD_HTTP_REPORT_H
#define CLOUD_HTTP_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "cloud/store/camera.h"

struct reply;
struct store;

/* Why something was not given. */
enum refusal {
	REFUSED_CONNECTIONS, /* as many as there may be */
	REFUSED_ADDRESS,     /* as many as one address may have */
	REFUSED_HEAD,	     /* too large, too slow or none: never a request */
	REFUSED_HANDSHAKES,  /* more of TLS a second than one may begin */
	REFUSED_RATE,	     /* more requests a second than one may ask */
	REFUSED_WAITING,     /* as many wait as may */
	REFUSED_SLOW,	     /* took an answer, or sent a body, too slowly */
	REFUSED_IDLE,	     /* hung up on: no request for too long */
	REFUSED_HELD,	     /* 503: what was waited for did not come in time */
	REFUSED_KEY,	     /* 401: no key, or a wrong one */
	REFUSED_LINK,	     /* 403: no viewing token, or a wrong one */
	REFUSED_GUESSES,     /* tried too many of them */
	REFUSED_MESSAGES,    /* a device said more a second than it may */
	REFUSED_DEVICE,	     /* it broke other rules or limits */
	REFUSALS
};

/* Counted by whoever serves; since the start, or now. */
struct report_counters {
	uint64_t requests;
	uint64_t replies[6]; /* by the status's first digit */
	uint64_t bytes_out;  /* heads and bodies of replies */
	uint64_t bytes_in;   /* of devices' messages */
	uint64_t refused[REFUSALS];
	uint64_t sessions;   /* HTTP connections, or streams of HTTP/2; now */
	uint64_t waiting;    /* held requests; now */
	uint64_t publishers; /* now */
	uint64_t resident_bytes; /* of memory; now */
	uint64_t log_dropped;	 /* lines of the access log */
	uint64_t cpu_us;	 /* of processor time, of all threads */
	uint64_t started_s;	 /* Unix time */
	uint64_t tls_expires_s;	 /* the certificate; 0: there is none */
	bool leaving;		 /* not ready for anything new */
};

/* "live", ... */
const char *report_state_name(enum camera_state state);

/* `c` may be NULL: nothing is known. All of these: NULL without memory. */
struct reply *report_state(const char *name, const struct camera *c,
			   int64_t now_us, int64_t wall_us);
struct reply *report_states(const struct store *store, int64_t now_us,
			    int64_t wall_us);
/* What a sleeping device hears. */
struct reply *report_demand(unsigned int viewers, uint32_t retry_s,
			    int64_t wall_us);
/* A page with one sentence, for who comes with a link that is no good. */
struct reply *report_refused(const char *sentence);

/* Of a link for all cameras, whose token goes into theirs; NULL: of none. */
struct report_link {
	const char *token;
	size_t size;
};

/* `list`: with links to the cameras. */
struct reply *report_home(const struct store *store, bool list,
			  const struct report_link *link, int64_t now_us);

#endif
