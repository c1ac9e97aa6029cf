/* SPDX-License-Identifier: MIT */
#include "device/check/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LOG_MODULE "check"
#include "common/log.h"
#include "device/check/health.h"

int check_run(const struct check_params *params)
{
	struct findings *f = calloc(1, sizeof(*f));
	enum finding_mark worst;

	if (!f) {
		log_error("out of memory");
		return -ENOMEM;
	}
	check_nodes(f);
	check_stream(f, params);
	check_relay(f, params);
	health_check(f);
	if (params->json)
		findings_print_json(f, stdout);
	else
		findings_print(f, stdout);
	worst = findings_worst(f);
	free(f);
	return worst == FINDING_BAD ? -EIO : 0;
}
