/* SPDX-License-Identifier: MIT */
#include "device/uplink/outcome.h"

#include <string.h>

/*
 * A lost relay is looked for often: a picture shall be back within seconds of
 * it. One that has said no would say it again. Pauses are at least half of
 * the base (backoff.h).
 */
static const struct backoff_params pauses[] = {
	[OUTCOME_LOST] = { .base_us = 500000, .cap_us = 2000000 },
	[OUTCOME_UNREACHED] = { .base_us = 500000, .cap_us = 2000000 },
	[OUTCOME_UNTRUSTED] = { .base_us = 1000000, .cap_us = 10000000 },
	[OUTCOME_BUSY] = { .base_us = 1000000, .cap_us = 10000000 },
	[OUTCOME_REFUSED] = { .base_us = 1000000, .cap_us = 30000000 },
	[OUTCOME_FORBIDDEN] = { .base_us = 20000000, .cap_us = 30000000 },
	[OUTCOME_REPLACED] = { .base_us = 120000000, .cap_us = 120000000 },
};

static const char *const next_steps[] = {
	[OUTCOME_LOST] = "trying again",
	[OUTCOME_UNREACHED] = "trying again",
	[OUTCOME_UNTRUSTED] = "is the clock of this machine right, and the "
			      "relay's certificate trusted here (--ca-file)?",
	[OUTCOME_BUSY] = "trying again",
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
	if (status == 429 || status >= 500)
		return OUTCOME_BUSY;
	return OUTCOME_REFUSED;
}

enum outcome outcome_of_failure(const char *text, bool tls)
{
	if (tls && (strcasestr(text, "ssl") || strcasestr(text, "tls") ||
		    strcasestr(text, "cert")))
		return OUTCOME_UNTRUSTED;
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
