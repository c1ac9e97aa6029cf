/* SPDX-License-Identifier: MIT */
#include "device/program/wiring.h"

#include <stddef.h>

/* In trouble for so long, a new process may find what this one cannot. */
#define TROUBLE_US 120000000

struct source_params wiring_source(const struct config *config)
{
	return (struct source_params){
		.name = config->source,
		.width = (int)config->width,
		.height = (int)config->height,
		.fps = (int)config->fps,
		.capture_width = config->capture_width,
		.capture_height = config->capture_height,
		.controls = config->control,
		.loop = !config->once,
		.stop_fd = -1,
	};
}

struct media_params wiring_media(const struct config *config)
{
	return (struct media_params){
		.source = wiring_source(config),
		.encoder = config->encoder,
		.posters = { .interval_us = config->poster_s * 1000000,
			     .width = (int)config->poster_width },
		.bitrate = config->bitrate,
		.part_ms = (int)config->part_ms,
		.segment_ms = (int)config->segment_ms,
		.min_fps = (int)config->min_fps,
		.window = (int)config->window,
	};
}

struct watchdog_params wiring_watchdog(const struct config *config)
{
	return (struct watchdog_params){
		.lost_us = config->hang_s * 1000000,
		.silent_us = TROUBLE_US,
		.may_reboot = config->on_hang == CONFIG_REBOOT,
	};
}

struct budget_params wiring_budget(const struct config *config)
{
	return (struct budget_params){
		.allowance = config->budget,
		.path = config->budget_path,
		.bitrate = config->bitrate_max,
		.least_bitrate = config->bitrate_min,
	};
}

static struct watched_params watched(const struct config *config)
{
	return (struct watched_params){
		.always = config->upload == CONFIG_ALWAYS,
		.quiet_us = config->quiet_after_s * 1000000,
		.sleep_us = config->sleep_after_s * 1000000,
	};
}

/* An origin is given everything, whoever watches at the relay. */
static enum steering_work work_asleep(const struct config *config)
{
	if (config->push)
		return STEERING_ENCODE;
	return config->capture_when == CONFIG_WATCHED ? STEERING_REST
						      : STEERING_CAPTURE;
}

struct uplink_params wiring_uplink(const struct config *config)
{
	return (struct uplink_params){
		.relay = config->relay,
		.camera = config->camera,
		.key = config->key,
		.ca_file = config->ca_file,
		.bitrate = { .bitrate = config->bitrate,
			     .least = config->bitrate_min,
			     .most = config->bitrate_max },
		.reconnect_after_us = config->reconnect_after_s * 1000000,
		.watched = watched(config),
		.check_in_s = (int)config->check_in_s,
		.asleep = work_asleep(config),
	};
}

struct origin_params wiring_origin(const struct config *config)
{
	return (struct origin_params){
		.url = config->push,
		.secret = config->push_key,
		.ca_file = config->ca_file,
	};
}

struct check_params wiring_check(const struct config *config)
{
	return (struct check_params){
		.source = wiring_source(config),
		.encoder = config->encoder,
		.relay = config->relay,
		.has_key = config->key && *config->key,
		.bitrate = config->bitrate,
		.json = config->json,
	};
}
