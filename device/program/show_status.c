/* SPDX-License-Identifier: MIT */
#include "device/program/show_status.h"

#include <stdbool.h>
#include <stdio.h>

#include "common/clock.h"
#include "device/program/ask_relay.h"
#include "device/status/status_command.h"
#include "device/status/status_file.h"
#include "device/uplink/endpoint.h"

#define MAX_WHY 600

struct asker {
	const struct config *config;
	char why[MAX_WHY];
};

static int ask(void *context, char out[static STATUS_ANSWER_SIZE],
	       const char **why)
{
	struct asker *a = context;
	const struct config *config = a->config;

	*why = a->why;
	return ask_relay(
		&(struct ask_relay_params){
			.relay = config->relay,
			.camera = config->camera,
			.key = config->key,
			.ca_file = config->ca_file,
		},
		out, STATUS_ANSWER_SIZE, a->why, sizeof(a->why));
}

static bool has_key(const struct config *config)
{
	return config->key && *config->key;
}

static const char *hint(const struct config *config)
{
	if (config->unreadable)
		return "this user may not read " CONFIG_FILE
		       ", which says where it is; try it with sudo";
	if (!config->relay)
		return "none is configured for this user; with the camera's "
		       "--relay, --camera and ORIEL_KEY it would tell what it "
		       "knows";
	return "there is no publish key; give the camera's in ORIEL_KEY";
}

/* For people: no more of the URL than the log says. */
static void name_relay(const struct config *config,
		       char out[static ENDPOINT_AUTHORITY_SIZE])
{
	struct endpoint e;
	const char *wrong;

	if (endpoint_parse(&e, config->relay, &wrong) < 0)
		snprintf(out, ENDPOINT_AUTHORITY_SIZE, "the relay");
	else
		endpoint_authority(&e, out);
}

int show_status(const struct config *config)
{
	/* The service's, when this user's shell does not know where that is. */
	const char *const paths[] = { config->status_path,
				      "/run/oriel/" STATUS_FILE_NAME, NULL };
	struct asker asker = { .config = config };
	char relay[ENDPOINT_AUTHORITY_SIZE];
	bool may_ask = config->relay && has_key(config);

	if (may_ask)
		name_relay(config, relay);
	return status_command(&(struct status_question){
		.paths = paths,
		.json = config->json,
		.wall_us = clock_wall_us(),
		.relay = may_ask ? relay : NULL,
		.hint = may_ask ? NULL : hint(config),
		.ask = ask,
		.context = &asker,
	});
}
