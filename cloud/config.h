/* SPDX-License-Identifier: MIT */
/*
 * config: what whoever runs the relay asked for. One table gives command
 * line, environment, file and --help (common/opt.h). Main's thread; not
 * changed any more when others start.
 */
#ifndef CLOUD_CONFIG_H
#define CLOUD_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/opt.h"

#define CONFIG_FILE "/etc/oriel/relay.conf"

enum config_command {
	CONFIG_SERVE,
	CONFIG_KEY,	 /* print a camera's publish key, or the operator's */
	CONFIG_PASSWORD, /* print what is kept of a password */
	CONFIG_LINK,	 /* print a viewing link */
	CONFIG_HEALTH,	 /* ask the relay that runs here whether it is well */
};

struct config {
	const char *listen, *port_text, *metrics_listen, *tls_cert_file,
		*tls_key_file;
	bool http2; /* with TLS only */
	const char *secret, *previous_secret;
	const char *user, *password_hash;
	int64_t generation, key_generation;
	bool open;
	int64_t hold_ms, idle_s, head_s, stuck_s, slow_s, drain_s;
	int64_t max_bytes, max_camera_bytes, max_cameras, max_part, max_window;
	int64_t max_connections, max_waiting, max_head;
	int64_t max_per_address, max_handshakes, max_rate, max_token_rate;
	int64_t max_guesses;
	int64_t max_messages;
	int64_t proxy_hops;
	bool limit_local;
	const char *lifetime, *url; /* of a link */
	const char *trace;
	int log, access_log; /* the latter an enum access_format */

	enum config_command command;
	const char *camera; /* of key and link; NULL: the operator's key */
	char address[64];   /* of listen, without its port */
	char metrics_address[64]; /* of metrics_listen */
	int64_t metrics_port;
	int64_t port; /* of listen, --port or $PORT */
	int64_t lifetime_s;
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
