/* SPDX-License-Identifier: MIT */
/* How an uplink is put together, and taken apart. */
#include "device/uplink/uplink_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOG_MODULE "uplink"
#include "common/clock.h"
#include "common/log.h"
#include "device/uplink/endpoint.h"

static int check_ca_file(const char *path)
{
	if (!path || access(path, R_OK) == 0)
		return 0;
	log_error("cannot read --ca-file %s: %s", path, strerror(errno));
	return -EINVAL;
}

static void address_found(void *context)
{
	struct uplink *u = context;

	loop_wake(u->loop);
}

static int open_loop(struct uplink *u, const char *ca_file)
{
	int err = loop_open(&u->loop, &(struct loop_params){
					      .http = u->target.endpoint.http,
					      .tls = u->target.endpoint.tls,
					      .ca_file = ca_file });

	return err < 0 ? err
		       : resolver_open(&u->resolver, target_host(&u->target),
				       address_found, u);
}

static int open_connections(struct uplink *u)
{
	const struct connection_params params = {
		.loop = u->loop,
		.target = &u->target,
		.resolver = u->resolver,
		.process = u->process,
		.sent = &u->sent,
		.event = uplink_hear,
		.context = u,
	};

	return pair_open(&u->pair, &params);
}

static int open_demand(struct uplink *u, const struct uplink_params *params)
{
	return demand_open(
		&u->demand,
		&(struct demand_params){
			.watched = params->watched,
			.checkin = { .endpoint = &u->target.endpoint,
				     .camera = params->camera,
				     .authorization = u->target.authorization,
				     .ca_file = params->ca_file,
				     .interval_s = params->check_in_s },
			.asleep = params->asleep,
			.steering = params->steering,
			.status = params->status,
			.now_us = clock_monotonic_us(),
		});
}

int uplink_open(struct uplink **out, const struct uplink_params *params)
{
	struct uplink *u = calloc(1, sizeof(*u));
	int err;

	*out = NULL;
	if (!u)
		return -ENOMEM;
	regulator_init(&u->regulator, &params->bitrate, params->steering,
		       params->status, clock_monotonic_us());
	u->process = params->process;
	u->status = params->status;
	u->sent.poster = params->poster;
	u->reporter = (struct reporter){ .status = params->status,
					 .budget = params->budget,
					 .sent = &u->sent };
	retry_init(&u->retry, params->reconnect_after_us);
	netwatch_open(&u->netwatch);
	u->end_us = u->finish_us = INT64_MAX;
	if ((err = target_open(&u->target, params->relay, params->camera,
			       params->key)) < 0 ||
	    (err = check_ca_file(params->ca_file)) < 0 ||
	    (err = open_loop(u, params->ca_file)) < 0 ||
	    (err = open_connections(u)) < 0 ||
	    (err = open_demand(u, params)) < 0)
		goto fail;
	if (endpoint_is_loopback(&u->target.endpoint))
		u->regulator.patience_us = REGULATOR_PATIENCE_US;
	*out = u;
	return 0;

fail:
	uplink_close(&u);
	return err;
}

void uplink_close(struct uplink **uplink)
{
	struct uplink *u = *uplink;

	*uplink = NULL;
	if (!u)
		return;
	u->stopping = true; /* what ends from here on is not tried again */
	pair_abandon(&u->pair);
	resolver_close(&u->resolver);
	netwatch_close(&u->netwatch);
	loop_close(&u->loop);
	pair_close(&u->pair);
	demand_close(&u->demand);
	target_close(&u->target);
	free(u);
}
