/* SPDX-License-Identifier: MIT */
/*
 * oriel-cam: reads the configuration and does what it asks for: to be the
 * camera, or one of the commands.
 */
#include <stdlib.h>
#include <string.h>

#define LOG_MODULE "main"
#include "common/log.h"
#include "common/trace.h"
#include "device/check/check.h"
#include "device/config.h"
#include "device/program/pipeline.h"
#include "device/program/show_status.h"
#include "device/program/wiring.h"

#define EXIT_USAGE 2

static int open_trace(const struct config *config)
{
	int err = config->trace ? trace_open(config->trace) : 0;

	if (err < 0)
		log_error("cannot write --trace %s: %s", config->trace,
			  strerror(-err));
	return err;
}

static int check_camera(const struct config *config)
{
	struct check_params params = wiring_check(config);

	return check_run(&params);
}

static int run_command(const struct config *config)
{
	if (config->check)
		return check_camera(config);
	if (config->status)
		return show_status(config);
	return pipeline_run(config);
}

int main(int argc, const char *argv[])
{
	struct config config;
	int err;

	(void)argc;
	log_begin();
	err = config_read(&config, argv + 1);
	if (err) {
		config_finish(&config);
		return err == OPT_HELP ? EXIT_SUCCESS : EXIT_USAGE;
	}
	log_set_level(config_log_level(&config));
	if (open_trace(&config) < 0) {
		config_finish(&config);
		return EXIT_USAGE;
	}
	err = run_command(&config);
	config_finish(&config);
	return err ? EXIT_FAILURE : EXIT_SUCCESS; /* who failed has said why */
}
