/* SPDX-License-Identifier: MIT */
/*
 * config: what the owner of the camera asked for. One table gives command
 * line, environment, file and --help (common/opt.h).
 */
#ifndef DEVICE_CONFIG_H
#define DEVICE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/opt.h"
#include "device/budget/budget_period.h"

#define CONFIG_FILE "/etc/oriel/cam.conf"

enum { CONFIG_RESTART, CONFIG_REBOOT };

enum config_when { CONFIG_ALWAYS, CONFIG_WATCHED };

enum config_latency { CONFIG_LAN, CONFIG_DEFAULT, CONFIG_THRIFTY };

struct config {
	const char *relay, *camera, *key, *ca_file;
	const char *push, *push_key;
	const char *source, *encoder;
	const char *capture, *control;
	int64_t width, height, fps, min_fps;
	int64_t bitrate, bitrate_min, bitrate_max;
	int latency; /* enum config_latency */
	int64_t part_ms, segment_ms, window;
	int64_t reconnect_after_s; /* 0: never */
	int upload, capture_when;  /* enum config_when */
	int64_t quiet_after_s, sleep_after_s, check_in_s;
	int64_t poster_s, poster_width;
	const char *data_budget, *state;
	int64_t hang_s;
	int on_hang; /* CONFIG_RESTART, CONFIG_REBOOT */
	bool once;
	const char *spool;
	bool spool_anywhere;
	const char *trace;
	int log; /* index into config_log_levels */

	bool check, status; /* `oriel-cam check`, `oriel-cam status` */
	bool json;	    /* and how they answer */
	bool unreadable;    /* status: CONFIG_FILE is, and was passed over */

	char spool_path[256];		   /* where the spool really is */
	struct budget_allowance budget;	   /* what `data_budget` says */
	char budget_path[300];		   /* where it is counted */
	char status_path[300];		   /* and the status file */
	int capture_width, capture_height; /* what `capture` says, or 0 */
	struct opt_memory memory;
};

/*
 * Fills *config from `argv` (without the program's name), environment, file
 * and defaults, and checks it. Returns 0, OPT_HELP, or a negative errno after
 * a line on stderr. config_finish() in every case.
 */
int config_read(struct config *config, const char *const *argv);
void config_finish(struct config *config);

/* The log_level that config->log stands for. */
int config_log_level(const struct config *config);

#endif
