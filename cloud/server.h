/* SPDX-License-Identifier: MIT */
/*
 * server: the loop (libev), the libwebsockets context on it, the listening
 * socket, signals and the timer. One thread, but for what login_thread does;
 * everything else in cloud/ is called from here.
 */
#ifndef CLOUD_SERVER_H
#define CLOUD_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cloud/http/access.h"
#include "cloud/limit/guard.h"

struct keyring;
struct server;

struct server_params {
	const char *address;			  /* numeric */
	int port;				  /* 0: any that is free */
	const char *tls_cert_file, *tls_key_file; /* NULL: plain HTTP */
	bool http2;				  /* with TLS only */
	const char
		*metrics_address; /* of a listener of their own; NULL: none */
	int metrics_port;
	enum access_format access_format; /* to standard output */
	const struct keyring *keys;	  /* borrowed until server_close() */
	const char *user, *password_hash; /* likewise; NULL: none */
	bool open;
	int64_t hold_us, idle_us, stuck_us, slow_us;
	int64_t drain_us; /* for devices to find another relay */
	unsigned int head_s, max_head;
	size_t max_bytes, max_camera_bytes;
	unsigned int max_cameras, max_window;
	uint32_t max_part;
	unsigned int max_connections, max_waiting;
	struct guard_params guard; /* its max_connections and seed are ours */
};

/* On failure *out is NULL and a line was logged. */
int server_open(struct server **out, const struct server_params *params);

/* "http://127.0.0.1:8080/", for people. */
const char *server_url(const struct server *s);

/* Likewise of the listener for metrics; "": there is none. */
const char *server_metrics_url(const struct server *s);

/*
 * Serves until SIGTERM or SIGINT; then tells devices, serves them and their
 * viewers until they have gone to another relay, with SIGTERM for drain_us at
 * most, and returns within a second of that.
 */
void server_run(struct server *s);

/* Releases everything and sets *server to NULL. A NULL *server is fine. */
void server_close(struct server **server);

#endif
