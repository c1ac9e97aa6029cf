/* SPDX-License-Identifier: MIT */
#include "device/uplink/websocket_failure.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/log.h"

/* A piece of libwebsockets' words, of 4.1 or 4.3, and what that is for people.
 */
struct word {
	const char *piece, *means;
};

static const char no_tls[] = "TLS does not come about: does it speak TLS on "
			     "that port (ws:// is without)?";
static const char hangs_up[] = "it hangs up without an answer: is that the "
			       "relay's port, and does it want wss://?";

static const struct word words[] = {
	{ "unable to connect", "nobody listens there, or no way leads there: "
			       "is it running, and are host and port right?" },
	{ "conn fail", "nobody listens there, or no way leads there: is it "
		       "running, and are host and port right?" },
	{ "connect failed", "nobody listens there, or no way leads there: is "
			    "it running, and are host and port right?" },
	{ "ssl", no_tls },
	{ "tls", no_tls },
	{ "connect syscall", no_tls },
	{ "read failed", hangs_up },
	{ "closed before", hangs_up },
	{ "hs:", "what it answers is no WebSocket of a relay: is that its "
		 "port?" },
	{ "timed out", "it takes the connection and says nothing: is that the "
		       "relay's port?" },
	{ "timeout", "it takes the connection and says nothing: is that the "
		     "relay's port?" },
};

/* Behind "its certificate"; as OpenSSL 1.1 and 3 spell it. */
static const struct word certificates[] = {
	{ "mismatch", "is for another name" },
	{ "self signed", "is vouched for by nobody but itself" },
	{ "self-signed", "is vouched for by nobody but itself" },
	{ "issuer", "is vouched for by nobody trusted here" },
	{ "unable to verify", "is vouched for by nobody trusted here" },
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const char *meaning(const struct word *list, size_t count,
			   const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcasestr(text, list[i].piece))
			return list[i].means;
	return NULL;
}

/* A relay would ask for a key with 401; one that stops says 503. */
static bool may_be_proxy(unsigned int status)
{
	return status != 401 && status != 429 && status < 502;
}

static void tell_status(const struct websocket_failure *f, char *out,
			size_t size)
{
	bool leads = f->location[0];
	char shown[96];

	snprintf(out, size, "it answers with HTTP status %u%s%s%s", f->status,
		 leads ? " and leads to " : "",
		 leads ? log_escape(shown, sizeof(shown), f->location,
				    strlen(f->location))
		       : "",
		 may_be_proxy(f->status)
			 ? "; if that is a proxy on the way that lets no "
			   "WebSockets through, write https:// instead of "
			   "wss:// in --relay"
			 : "");
}

static bool is_of_time(const char *tls_error)
{
	return strstr(tls_error, "yet valid") || strstr(tls_error, "expired");
}

/*
 * "certificate has expired", with the time, which may be what is wrong: to the
 * hour, so that it is no news each minute.
 */
static void tell_time(const struct websocket_failure *f, char *out, size_t size)
{
	time_t now_s = (time_t)(f->wall_us / 1000000);
	char when[32] = "";
	struct tm tm;

	if (gmtime_r(&now_s, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d, %H h UTC", &tm);
	snprintf(out, size, "its %s, by the clock of this machine: it says %s",
		 f->tls_error, when);
}

static void tell_certificate(const struct websocket_failure *f, char *out,
			     size_t size)
{
	const char *means =
		meaning(certificates, COUNT(certificates), f->tls_error);

	if (is_of_time(f->tls_error))
		tell_time(f, out, size);
	else if (means)
		snprintf(out, size, "its certificate %s", means);
	else
		snprintf(out, size, "its certificate is not taken (%s)",
			 f->tls_error);
}

/* What is about certificates and proxies is told as it is. */
static void tell_words(enum outcome outcome, const char *said, char *out,
		       size_t size)
{
	const char *means = meaning(words, COUNT(words), said);

	if (means &&
	    (outcome == OUTCOME_UNREACHED || outcome == OUTCOME_NO_TLS))
		snprintf(out, size, "%s", means);
	else
		snprintf(out, size, "%s", *said ? said : "it gives no reason");
}

enum outcome websocket_failure_tell(const struct websocket_failure *f,
				    char *out, size_t size)
{
	enum outcome outcome;
	char said[200] = "";

	if (f->status && f->status != 101) {
		tell_status(f, out, size);
		return outcome_of_status(f->status);
	}
	if (f->text)
		log_escape(said, sizeof(said), f->text,
			   strnlen(f->text, f->text_size));
	outcome = outcome_of_failure(said, f->tls, f->tls_error);
	if (f->tls && *f->tls_error)
		tell_certificate(f, out, size);
	else
		tell_words(outcome, said, out, size);
	return outcome;
}
