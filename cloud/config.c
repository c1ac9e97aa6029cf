/* SPDX-License-Identifier: MIT */
#include "cloud/config.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_MODULE "config"
#include "cloud/config_table.h"
#include "cloud/key.h"
#include "cloud/password.h"
#include "common/log.h"
#include "common/names.h"

#define DEFAULT_PORT   8080
#define UNKNOWN_PORT   (-1)
#define MAX_PORT       65535
#define MAX_ADDRESS    64
#define DAY_S	       86400
#define MAX_LIFETIME_S ((int64_t)3650 * DAY_S)

#define say(...) opt_refuse(&config_program, __VA_ARGS__)

/* Decimal, and nothing else, up to `max`. */
static bool parse_number(int64_t *out, const char *text, size_t n, int64_t max)
{
	int64_t value = 0;

	if (n == 0 || n > 9)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (text[i] - '0');
	}
	*out = value;
	return value <= max;
}

/* "ADDRESS", "ADDRESS:PORT" or "[ADDRESS]:PORT" into address and port. */
static int split_listen(const char *option, const char *text,
			char address[static MAX_ADDRESS], int64_t *number)
{
	const char *all = text, *end, *port = NULL;
	bool bracket = text[0] == '[';

	if (bracket) {
		end = strchr(++text, ']');
		if (!end || (end[1] && end[1] != ':'))
			return say("--%s %s: write [ADDRESS]:PORT, such as "
				   "[::]:8080",
				   option, all);
		port = end[1] ? end + 2 : NULL;
	} else {
		end = strchr(text, ':');
		if (end && strchr(end + 1, ':'))
			end = NULL; /* an IPv6 address alone */
		port = end ? end + 1 : NULL;
		end = end ? end : text + strlen(text);
	}
	if (end == text || (size_t)(end - text) >= MAX_ADDRESS)
		return say("--%s '%.80s': no address; 0.0.0.0 and [::] are "
			   "all of this machine's",
			   option, all);
	memcpy(address, text, (size_t)(end - text));
	address[end - text] = '\0';
	if (port && !parse_number(number, port, strlen(port), MAX_PORT))
		return say("--%s %s: the port is 0 to 65535", option, all);
	return 0;
}

static int find_metrics(struct config *c)
{
	int err = c->metrics_listen
			  ? split_listen("metrics-listen", c->metrics_listen,
					 c->metrics_address, &c->metrics_port)
			  : 0;

	if (err == 0 && c->metrics_listen && c->metrics_port == UNKNOWN_PORT)
		return say("--metrics-listen %s: no port; write ADDRESS:PORT, "
			   "such as 127.0.0.1:9100",
			   c->metrics_listen);
	return err;
}

/* Cloud Run and its like say in $PORT where to listen. */
static int find_port(struct config *c)
{
	const char *platform = getenv("PORT"), *port = c->port_text;

	if (c->port != UNKNOWN_PORT)
		return 0;
	c->port = DEFAULT_PORT;
	if (port && !parse_number(&c->port, port, strlen(port), MAX_PORT))
		return say("--port '%.60s': a port is 0 to 65535", port);
	if (!port && platform && *platform &&
	    !parse_number(&c->port, platform, strlen(platform), MAX_PORT))
		return say("PORT='%.60s' in the environment: a port is 0 to "
			   "65535; --port goes before it",
			   platform);
	return 0;
}

static int parse_lifetime(struct config *c)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = { { 'm', 60 },
		      { 'h', 3600 },
		      { 'd', DAY_S },
		      { 'w', (int64_t)7 * DAY_S } };
	size_t n = strlen(c->lifetime);

	for (size_t i = 0; n && i < sizeof(units) / sizeof(*units); i++)
		if (c->lifetime[n - 1] == units[i].unit &&
		    parse_number(&c->lifetime_s, c->lifetime, n - 1,
				 MAX_LIFETIME_S / units[i].seconds) &&
		    c->lifetime_s > 0) {
			c->lifetime_s *= units[i].seconds;
			return 0;
		}
	return say("--for %s: write a number and m, h, d or w, such as 7d, up "
		   "to ten years",
		   c->lifetime);
}

/* What a browser, or VLC, would not take. */
static int check_url(const struct config *c)
{
	static const char *const schemes[] = { "https://", "http://", NULL };
	bool good = !c->url;

	for (const char *const *s = schemes; *s && !good; s++)
		good = strncmp(c->url, *s, strlen(*s)) == 0 &&
		       c->url[strlen(*s)] > '/';
	return good ? 0
		    : say("--url %.200s: write the address that people open, "
			  "with https:// (or http://) in front",
			  c->url);
}

static int check_secret(const struct config *c)
{
	const char *previous = c->previous_secret;

	if (c->command == CONFIG_HEALTH || c->command == CONFIG_PASSWORD)
		return 0; /* nothing is derived from it */
	if (!c->secret || !*c->secret)
		return say("no secret: make one with `openssl rand -hex 32`, "
			   "keep it, and put it into ORIEL_SECRET or as "
			   "`secret = ...` into " CONFIG_FILE);
	if (strlen(c->secret) < KEY_MIN_SECRET)
		return say("ORIEL_SECRET is shorter than %d characters and "
			   "could be guessed: make one with "
			   "`openssl rand -hex 32`",
			   KEY_MIN_SECRET);
	if (previous && strlen(previous) < KEY_MIN_SECRET)
		return say("ORIEL_SECRET_PREVIOUS is shorter than %d "
			   "characters; leave it out if there is none",
			   KEY_MIN_SECRET);
	return 0;
}

static int check_login(const struct config *c)
{
	if (!c->user != !c->password_hash)
		return c->user ? say("--user %.80s without ORIEL_PASSWORD_HASH:"
				     " `oriel-relay password` makes one",
				     c->user)
			       : say("ORIEL_PASSWORD_HASH without --user: "
				     "whose password is it?");
	if (c->user && (!*c->user || strchr(c->user, ':') ||
			strlen(c->user) > PASSWORD_MAX))
		return say("--user '%.80s': a name has 1 to %d characters and "
			   "no ':'",
			   c->user, PASSWORD_MAX);
	if (c->password_hash && !password_is_hash(c->password_hash))
		return say("ORIEL_PASSWORD_HASH is not what `oriel-relay "
			   "password` prints: that begins with scrypt: (write "
			   "it, not the password)");
	return 0;
}

static int read_command(struct config *c, const struct opt_args *args)
{
	const char *command = args->count ? args->arg[0] : "";
	int max = 2;

	if (args->count == 0) {
		c->command = CONFIG_SERVE;
		max = 0;
	} else if (strcmp(command, "key") == 0) {
		c->command = CONFIG_KEY;
	} else if (strcmp(command, "link") == 0) {
		c->command = CONFIG_LINK;
	} else if (strcmp(command, "password") == 0) {
		c->command = CONFIG_PASSWORD;
		max = 1;
	} else if (strcmp(command, "health") == 0) {
		c->command = CONFIG_HEALTH;
		max = 1;
	} else {
		max = 0;
	}
	if (strcmp(command, "yes") == 0 || strcmp(command, "no") == 0)
		return say("'%s': a flag such as --open has no value, or one "
			   "behind '=': --open=%s",
			   command, command);
	if (args->count && max == 0)
		return say("'%.60s': no such command; there are key, link, "
			   "password and health, and without one the relay "
			   "serves",
			   command);
	if (args->count > max)
		return say("%s: what is '%.60s'? `oriel-relay %s --help` says "
			   "what it takes",
			   command, args->arg[max], command);
	c->camera = args->count == 2 ? args->arg[1] : NULL;
	if (c->command == CONFIG_LINK && !c->camera)
		return say("link: of which camera? `oriel-relay link porch`, "
			   "or '*' for all of them");
	if (c->camera && strcmp(c->camera, KEY_ALL) != 0 &&
	    !camera_name_valid(c->camera, strlen(c->camera)))
		return say("'%.60s' is no name of a camera: that is 1 to 32 of "
			   "a-z, 0-9 and -, begins with a letter or digit, and "
			   "is no path of the relay (v1, assets, healthz, "
			   "readyz, metrics); '*' is all cameras",
			   c->camera);
	return 0;
}

static int check(struct config *c, const struct opt_args *args)
{
	int err;

	if ((err = read_command(c, args)) < 0 || (err = check_secret(c)) < 0 ||
	    (err = c->command == CONFIG_PASSWORD ? 0 : check_login(c)) < 0 ||
	    (err = split_listen("listen", c->listen, c->address, &c->port)) <
		    0 ||
	    (err = find_metrics(c)) < 0 || (err = find_port(c)) < 0 ||
	    (err = parse_lifetime(c)) < 0 || (err = check_url(c)) < 0)
		return err;
	if (!c->tls_cert_file != !c->tls_key_file)
		return say("--tls-%s-file without --tls-%s-file: HTTPS needs "
			   "a certificate and its key",
			   c->tls_cert_file ? "cert" : "key",
			   c->tls_cert_file ? "key" : "cert");
	if (c->http2 && !c->tls_cert_file)
		return say("--http2 without --tls-cert-file: browsers speak "
			   "HTTP/2 over TLS only");
	if (c->max_camera_bytes > c->max_bytes)
		return say("--max-camera-bytes %lld is more than --max-bytes "
			   "%lld, which is for all cameras",
			   (long long)c->max_camera_bytes,
			   (long long)c->max_bytes);
	return 0;
}

int config_read(struct config *c, const char *const *argv)
{
	struct opt_args args = { 0 };
	int err;

	*c = (struct config){
		.listen = "0.0.0.0",
		.port = UNKNOWN_PORT,
		.metrics_port = UNKNOWN_PORT,
		.hold_ms = 12000,
		.idle_s = 75,
		.head_s = 10,
		.stuck_s = 20,
		.drain_s = 5,
		.slow_s = 60,
		/* These fit an instance of 256 MiB. */
		.max_bytes = 128000000,
		.max_camera_bytes = 64000000,
		.max_cameras = 32,
		.max_part = WIRE_MAX_PART,
		.max_window = 1800,
		.max_connections = 4000,
		.max_waiting = 4000,
		.max_head = 8192,
		/* A house full of viewers; a link that is shared widely. */
		.max_per_address = 250,
		.max_handshakes = 100,
		.max_rate = 500,
		.max_token_rate = 20000,
		.max_guesses = 30,
		/* Parts of 20 ms, with their playlists: a tenth of that. */
		.max_messages = 1000,
		.lifetime = "7d",
		.log = 2,
	};
	/* All of Cloud Run's requests come through its own front end. */
	if (getenv("K_SERVICE"))
		c->proxy_hops = 1;
	err = opt_parse(c, &c->memory, &args, &config_program, argv,
			CONFIG_FILE);
	return err ? err : check(c, &args);
}

void config_finish(struct config *c)
{
	opt_finish(&c->memory);
}

int config_log_level(const struct config *c)
{
	static const enum log_level levels[] = { LOG_ERROR, LOG_WARN, LOG_INFO,
						 LOG_DEBUG };

	return levels[c->log];
}
