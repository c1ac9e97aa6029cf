/* SPDX-License-Identifier: MIT */
#include "cloud/config.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_MODULE "config"
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

static const char *const log_levels[] = { "error", "warn", "info", "debug",
					  NULL };

static const char *const access_formats[] = { "none", "text", "json", NULL };

#define AT(member) offsetof(struct config, member)

static const struct opt table[] = {
	{ "listen", OPT_TEXT, AT(listen), .value = "ADDRESS[:PORT]",
	  .help = "numeric address to listen on; [::] for IPv6 and IPv4" },
	{ "port", OPT_TEXT, AT(port_text), .value = "PORT",
	  .help = "port to listen on, 0 for a free one; without it $PORT, "
		  "or 8080" },
	{ "metrics-listen", OPT_TEXT, AT(metrics_listen),
	  .value = "ADDRESS:PORT",
	  .help = "/metrics for all who reach this address, and for nobody "
		  "else" },
	{ "tls-cert-file", OPT_TEXT, AT(tls_cert_file), .value = "FILE",
	  .help = "certificate chain (PEM): HTTPS with HTTP/2" },
	{ "tls-key-file", OPT_TEXT, AT(tls_key_file), .value = "FILE",
	  .help = "its private key (PEM)" },
	{ "secret", OPT_SECRET, AT(secret), .value = "SECRET",
	  .help = "all keys and links are derived from it; at least 16 "
		  "characters" },
	{ "secret-previous", OPT_SECRET, AT(previous_secret), .value = "SECRET",
	  .help = "keys and links of this one are still good" },
	{ "generation", OPT_INT, AT(generation), 0, UINT32_MAX, "N",
	  .help = "of links: those made with another number are good no more" },
	{ "key-generation", OPT_INT, AT(key_generation), 0, UINT32_MAX, "N",
	  .help = "likewise of keys" },
	{ "user", OPT_TEXT, AT(user), .value = "NAME",
	  .help = "who may view every camera with a password, without a link" },
	{ "password-hash", OPT_SECRET, AT(password_hash), .value = "HASH",
	  .help = "what `oriel-relay password` printed of it" },
	{ "open", OPT_FLAG, AT(open),
	  .help = "anybody may view; publishing still needs a key" },
	{ "hold-ms", OPT_INT, AT(hold_ms), 0, 30000, "MS",
	  .help = "how long a viewer waits for a camera that is not there" },
	{ "idle-s", OPT_INT, AT(idle_s), 1, 3600, "SECONDS",
	  .help = "how long a connection may stay without a request" },
	{ "head-s", OPT_INT, AT(head_s), 1, 600, "SECONDS",
	  .help = "how long a new connection may take for its first request" },
	{ "stuck-s", OPT_INT, AT(stuck_s), 1, 3600, "SECONDS",
	  .help = "how long a viewer may take nothing of an answer" },
	{ "drain-s", OPT_INT, AT(drain_s), 0, 3600, "SECONDS",
	  .help = "after SIGTERM, how long cameras and their viewers are "
		  "served that have not gone to another relay yet" },
	{ "slow-s", OPT_INT, AT(slow_s), 1, 3600, "SECONDS",
	  .help = "how long all of an answer, or of a body, may take" },
	{ "max-bytes", OPT_INT, AT(max_bytes), 1000000, INT64_C(1) << 40,
	  "BYTES", .help = "media of all cameras that is kept in memory" },
	{ "max-camera-bytes", OPT_INT, AT(max_camera_bytes), 1000000,
	  INT64_C(1) << 40, "BYTES", .help = "media of one camera" },
	{ "max-cameras", OPT_INT, AT(max_cameras), 1, 10000, "N",
	  .help = "cameras at a time" },
	{ "max-part", OPT_INT, AT(max_part), 1000, WIRE_MAX_PART, "BYTES",
	  .help = "one part" },
	{ "max-window", OPT_INT, AT(max_window), 3, 100000, "SEGMENTS",
	  .help = "listed segments of a camera" },
	{ "max-connections", OPT_INT, AT(max_connections), 8, 1000000, "N",
	  .help = "connections and HTTP/2 streams" },
	{ "max-waiting", OPT_INT, AT(max_waiting), 1, 1000000, "N",
	  .help = "requests that wait for something to come" },
	{ "max-head", OPT_INT, AT(max_head), 1024, 32768, "BYTES",
	  .help = "a request's line and headers together" },
	{ "max-per-address", OPT_INT, AT(max_per_address), 0, 1000000, "N",
	  .help = "connections of one address (of IPv6: one /64); 0: any" },
	{ "max-rate", OPT_INT, AT(max_rate), 0, 1000000, "N",
	  .help = "requests a second of one address; 0: any" },
	{ "max-token-rate", OPT_INT, AT(max_token_rate), 0, 1000000, "N",
	  .help = "requests a second with one viewing link; 0: any" },
	{ "max-guesses", OPT_INT, AT(max_guesses), 0, 1000000, "N",
	  .help = "wrong keys and links a minute from one address; 0: any" },
	{ "max-messages", OPT_INT, AT(max_messages), 0, 1000000, "N",
	  .help = "messages a second of one camera; 0: any" },
	{ "proxy-hops", OPT_INT, AT(proxy_hops), 0, 8, "N",
	  .help = "so many proxies in front add to X-Forwarded-For; 0: "
		  "nobody is believed" },
	{ "limit-local", OPT_FLAG, AT(limit_local),
	  .help = "limit what comes from this machine itself, too" },
	{ "for", OPT_TEXT, AT(lifetime), .value = "TIME",
	  .help = "link: how long it is good: 90m, 12h, 7d, 52w" },
	{ "url", OPT_TEXT, AT(url), .value = "URL",
	  .help = "link: what stands before it: https://relay.example.org" },
	{ "trace", OPT_TEXT, AT(trace), .value = "FILE",
	  .help = "write there when each part passed each stage" },
	{ "access-log", OPT_CHOICE, AT(access_log), .choices = access_formats,
	  .help = "a line on standard output for each request" },
	{ "log", OPT_CHOICE, AT(log), .choices = log_levels,
	  .help = "how much to say" },
	{ 0 }
};

static const struct opt_program program = {
	.name = "oriel-relay",
	.usage = "oriel-relay [OPTION...]\n"
		 "oriel-relay key [CAMERA]\n"
		 "oriel-relay link CAMERA [--for TIME] [--url URL]\n"
		 "oriel-relay password\n"
		 "oriel-relay health [OPTION...]",
	.about = "Keeps the last seconds of cameras in memory and hands them "
		 "out as low-latency HLS. `key` prints what a camera needs to "
		 "publish (without CAMERA, what /metrics needs), `link` what "
		 "somebody needs to view one.",
	.table = table,
};

__attribute__((format(printf, 1, 2))) static int say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("oriel-relay: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	return -EINVAL;
}

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
			return say("--%s %s: write [ADDRESS]:PORT", option,
				   all);
		port = end[1] ? end + 2 : NULL;
	} else {
		end = strchr(text, ':');
		if (end && strchr(end + 1, ':'))
			end = NULL; /* an IPv6 address alone */
		port = end ? end + 1 : NULL;
		end = end ? end : text + strlen(text);
	}
	if (end == text || (size_t)(end - text) >= MAX_ADDRESS)
		return say("--%s %s: no address", option, all);
	memcpy(address, text, (size_t)(end - text));
	address[end - text] = '\0';
	if (port && !parse_number(number, port, strlen(port), MAX_PORT))
		return say("--%s %s: the port must be 0 to 65535", option, all);
	return 0;
}

static int find_metrics(struct config *c)
{
	int err = c->metrics_listen
			  ? split_listen("metrics-listen", c->metrics_listen,
					 c->metrics_address, &c->metrics_port)
			  : 0;

	if (err == 0 && c->metrics_listen && c->metrics_port == UNKNOWN_PORT)
		return say("--metrics-listen %s: write ADDRESS:PORT",
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
	if (!port && platform && *platform)
		port = platform;
	if (port && !parse_number(&c->port, port, strlen(port), MAX_PORT))
		return say("the port is \"%s\": it must be 0 to 65535", port);
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
		return say("the secret is shorter than %d characters and could "
			   "be guessed: make one with `openssl rand -hex 32`",
			   KEY_MIN_SECRET);
	if (previous && strlen(previous) < KEY_MIN_SECRET)
		return say("the previous secret is shorter than %d characters; "
			   "leave ORIEL_SECRET_PREVIOUS out if there is none",
			   KEY_MIN_SECRET);
	return 0;
}

static int check_login(const struct config *c)
{
	if (!c->user != !c->password_hash)
		return say("--user and ORIEL_PASSWORD_HASH need each other");
	if (c->user && (!*c->user || strchr(c->user, ':') ||
			strlen(c->user) > PASSWORD_MAX))
		return say("--user: a name has up to %d characters and no ':'",
			   PASSWORD_MAX);
	if (c->password_hash && !password_is_hash(c->password_hash))
		return say("ORIEL_PASSWORD_HASH: that is not what "
			   "`oriel-relay password` prints");
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
	if (args->count > max)
		return say("what is \"%s\"? See oriel-relay --help",
			   args->arg[max]);
	c->camera = args->count == 2 ? args->arg[1] : NULL;
	if (c->command == CONFIG_LINK && !c->camera)
		return say("link: which camera?");
	if (c->camera && strcmp(c->camera, KEY_ALL) != 0 &&
	    !camera_name_valid(c->camera, strlen(c->camera)))
		return say("a camera's name is 1 to 32 of a-z, 0-9 and -, "
			   "begins with a letter or digit, and is no path of "
			   "the relay (v1, assets, healthz, metrics); '*' is "
			   "all cameras");
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
	    (err = parse_lifetime(c)) < 0)
		return err;
	if (!c->tls_cert_file != !c->tls_key_file)
		return say("--tls-cert-file and --tls-key-file need each "
			   "other");
	if (c->max_camera_bytes > c->max_bytes)
		return say("--max-camera-bytes must not be above --max-bytes");
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
		.max_waiting = 2000,
		.max_head = 8192,
		/* A house full of viewers; a link that is shared widely. */
		.max_per_address = 250,
		.max_rate = 500,
		.max_token_rate = 5000,
		.max_guesses = 30,
		/* Parts of 20 ms, with their playlists: a tenth of that. */
		.max_messages = 1000,
		.lifetime = "7d",
		.log = 2,
	};
	/* All of Cloud Run's requests come through its own front end. */
	if (getenv("K_SERVICE"))
		c->proxy_hops = 1;
	err = opt_parse(c, &c->memory, &args, &program, argv, CONFIG_FILE);
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
