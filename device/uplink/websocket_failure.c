/* SPDX-License-Identifier: MIT */
#include "device/uplink/websocket_failure.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/log.h"

static const char proxy_hint[] =
	", unless that was a proxy on the way that lets no WebSockets through: "
	"then write https:// instead of wss:// in --relay";

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
		 may_be_proxy(f->status) ? proxy_hint : "");
}

/* With the time, where that may be what is wrong. */
static void tell_tls(const struct websocket_failure *f, char *out, size_t size)
{
	bool is_time = strstr(f->tls_error, "yet valid") ||
		       strstr(f->tls_error, "expired");
	time_t now_s = (time_t)(f->wall_us / 1000000);
	char when[32] = "";
	struct tm tm;

	if (is_time && gmtime_r(&now_s, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M UTC", &tm);
	snprintf(out, size, "its %s%s%s", f->tls_error,
		 is_time ? ", by the clock of this machine: it says " : "",
		 when);
}

enum outcome websocket_failure_tell(const struct websocket_failure *f,
				    char *out, size_t size)
{
	enum outcome outcome;

	if (f->status && f->status != 101) {
		tell_status(f, out, size);
		return outcome_of_status(f->status);
	}
	snprintf(out, size, "no reason given");
	if (f->text)
		log_escape(out, size, f->text, strnlen(f->text, f->text_size));
	outcome = outcome_of_failure(out, f->tls, f->tls_error);
	if (f->tls && *f->tls_error)
		tell_tls(f, out, size);
	return outcome;
}
