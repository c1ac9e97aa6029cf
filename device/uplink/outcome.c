/* SPDX-License-Identifier: MIT */
#include "device/uplink/outcome.h"

#include <string.h>

/*
 * A lost relay is looked for often: a picture shall be back within seconds of
 * it, so that a link that was cut is noticed soon when it is back. One that has
 * said no would say it again. Pauses are at least half of the base (backoff.h).
 */
static const struct backoff_params pauses[] = {
	[OUTCOME_LOST] = { .base_us = 500000, .cap_us = 2000000 },
	[OUTCOME_UNREACHED] = { .base_us = 500000, .cap_us = 1000000 },
	[OUTCOME_UNNAMED] = { .base_us = 500000, .cap_us = 2000000 },
	[OUTCOME_CLOCK] = { .base_us = 1000000, .cap_us = 5000000 },
	[OUTCOME_PORTAL] = { .base_us = 1000000, .cap_us = 10000000 },
	[OUTCOME_PROXY] = { .base_us = 1000000, .cap_us = 10000000 },
	[OUTCOME_NO_TLS] = { .base_us = 1000000, .cap_us = 10000000 },
	[OUTCOME_UNTRUSTED] = { .base_us = 1000000, .cap_us = 10000000 },
	[OUTCOME_BUSY] = { .base_us = 1000000, .cap_us = 10000000 },
	[OUTCOME_TOO_LARGE] = { .base_us = 1000000, .cap_us = 30000000 },
	[OUTCOME_REFUSED] = { .base_us = 1000000, .cap_us = 30000000 },
	[OUTCOME_FORBIDDEN] = { .base_us = 20000000, .cap_us = 30000000 },
	[OUTCOME_REPLACED] = { .base_us = 120000000, .cap_us = 120000000 },
};

static const char *const next_steps[] = {
	[OUTCOME_LOST] = "trying again",
	[OUTCOME_UNREACHED] = "trying again",
	[OUTCOME_UNNAMED] = "is the network up, and the name in --relay right? "
			    "Trying again",
	[OUTCOME_CLOCK] = "set it, or wait until the network has set it "
			  "(`timedatectl` tells); trying again",
	[OUTCOME_PORTAL] = "is there a login page in front of this network "
			   "(open any http:// page here to see it), or does "
			   "--relay lead to something else?",
	[OUTCOME_PROXY] = "are address, user and password in http_proxy or "
			  "https_proxy right, and does the proxy allow CONNECT "
			  "to the relay's port? no_proxy=HOST goes without it",
	[OUTCOME_NO_TLS] = "trying again",
	[OUTCOME_UNTRUSTED] = "is the name in --relay right, is the clock of "
			      "this machine right, and is the relay's "
			      "certificate trusted here (--ca-file)?",
	[OUTCOME_BUSY] = "trying again",
	[OUTCOME_TOO_LARGE] =
		"what stands in front of the relay takes no "
		"request as large as this part: raise its limit "
		"(nginx: client_max_body_size 10m), or send "
		"smaller parts (--latency lan, a lower --bitrate)",
	[OUTCOME_REFUSED] = "is that an oriel-relay of this version, and "
			    "--camera right?",
	[OUTCOME_FORBIDDEN] = "is the key the one that `oriel-relay key "
			      "CAMERA` prints for this camera?",
	[OUTCOME_REPLACED] = "if that is not wanted, give one of the two "
			     "another --camera; trying again in a minute or "
			     "two",
};

enum outcome outcome_of_status(unsigned int status)
{
	if (status == 401 || status == 403)
		return OUTCOME_FORBIDDEN;
	if (status == 407)
		return OUTCOME_PROXY;
	if (status == 413)
		return OUTCOME_TOO_LARGE;
	/* 511: network authentication required, RFC 6585 6 */
	if ((status >= 200 && status < 400) || status == 511)
		return OUTCOME_PORTAL;
	if (status == 429 || status >= 500)
		return OUTCOME_BUSY;
	return OUTCOME_REFUSED;
}

enum outcome outcome_of_failure(const char *text, bool tls,
				const char *tls_error)
{
	if (strcasestr(text, "proxy"))
		return OUTCOME_PROXY;
	if (!tls)
		return OUTCOME_UNREACHED;
	if (strstr(tls_error, "not yet valid"))
		return OUTCOME_CLOCK;
	if (*tls_error || strcasestr(text, "cert") || strcasestr(text, "verif"))
		return OUTCOME_UNTRUSTED;
	if (strcasestr(text, "ssl") || strcasestr(text, "tls") ||
	    strcasestr(text, "connect syscall"))
		return OUTCOME_NO_TLS;
	return OUTCOME_UNREACHED;
}

const struct backoff_params *outcome_pause(enum outcome outcome)
{
	return &pauses[outcome];
}

const char *outcome_next_step(enum outcome outcome)
{
	return next_steps[outcome];
}
