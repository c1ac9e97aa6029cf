/* SPDX-License-Identifier: MIT */
#include "cloud/config_table.h"

#include <stddef.h>
#include <stdint.h>

#include "cloud/config.h"
#include "common/wire.h"

static const char *const log_levels[] = { "error", "warn", "info", "debug",
					  NULL };

static const char *const access_formats[] = { "none", "text", "json", NULL };

#define AT(member) offsetof(struct config, member)

/* A tebibyte; with 32 bits, what programs can address. */
#define MOST_BYTES (SIZE_MAX > UINT32_MAX ? INT64_C(1) << 40 : INT32_MAX)

/*
 * Each playlist of a camera has all of its segments looked at: with so many,
 * 0.2 ms, so that no camera can take the time of others.
 */
#define MOST_SEGMENTS 10000

static const struct opt table[] = {
	{ "secret", OPT_SECRET, AT(secret), .value = "SECRET",
	  .group = "Keys and who may view",
	  .help = "all keys and links are derived from it; at least 16 "
		  "characters" },
	{ "secret-previous", OPT_SECRET, AT(previous_secret), .value = "SECRET",
	  .help = "keys and links of this one are still good" },
	{ "open", OPT_FLAG, AT(open),
	  .help = "anybody may view; publishing still needs a key" },
	{ "user", OPT_TEXT, AT(user), .value = "NAME",
	  .help = "who may view every camera with a password, without a link" },
	{ "password-hash", OPT_SECRET, AT(password_hash), .value = "HASH",
	  .help = "what `oriel-relay password` printed of it" },
	{ "generation", OPT_INT, AT(generation), 0, UINT32_MAX, "N",
	  .help = "of links: those made with another number are good no more" },
	{ "key-generation", OPT_INT, AT(key_generation), 0, UINT32_MAX, "N",
	  .help = "of keys: those made with another number are good no more" },
	{ "listen", OPT_TEXT, AT(listen), .value = "ADDRESS[:PORT]",
	  .group = "Where it listens",
	  .help = "numeric address to listen on; [::] for IPv6 and IPv4" },
	{ "port", OPT_TEXT, AT(port_text), .value = "PORT",
	  .help = "port to listen on, 0 for a free one; without it $PORT, "
		  "or 8080" },
	{ "tls-cert-file", OPT_TEXT, AT(tls_cert_file), .value = "FILE",
	  .help = "certificate chain (PEM): HTTPS" },
	{ "tls-key-file", OPT_TEXT, AT(tls_key_file), .value = "FILE",
	  .help = "its private key (PEM)" },
	{ "http2", OPT_FLAG, AT(http2),
	  .help = "HTTP/2 too, for viewers who are trusted: see the manual" },
	{ "proxy-hops", OPT_INT, AT(proxy_hops), 0, 8, "N",
	  .help = "so many proxies in front add to X-Forwarded-For; 0: "
		  "nobody is believed" },
	{ "metrics-listen", OPT_TEXT, AT(metrics_listen),
	  .value = "ADDRESS:PORT",
	  .help = "/metrics for all who reach this address, and for nobody "
		  "else" },
	{ "for", OPT_TEXT, AT(lifetime), .value = "TIME",
	  .group = "Links that `oriel-relay link` prints",
	  .help = "link: how long it is good: 90m, 12h, 7d, 52w" },
	{ "url", OPT_TEXT, AT(url), .value = "URL",
	  .help = "link: the relay's address, which then stands before it: "
		  "https://relay.example.org" },
	{ "max-bytes", OPT_INT, AT(max_bytes), 1000000, MOST_BYTES, "BYTES",
	  .group = "What is kept in memory",
	  .help = "media of all cameras that is kept in memory" },
	{ "max-camera-bytes", OPT_INT, AT(max_camera_bytes), 1000000,
	  MOST_BYTES, "BYTES", .help = "media of one camera" },
	{ "max-cameras", OPT_INT, AT(max_cameras), 1, 10000, "N",
	  .help = "cameras at a time" },
	{ "max-window", OPT_INT, AT(max_window), 3, MOST_SEGMENTS, "SEGMENTS",
	  .help = "listed segments of a camera" },
	{ "max-part", OPT_INT, AT(max_part), 1000, WIRE_MAX_PART, "BYTES",
	  .help = "one part" },
	{ "hold-ms", OPT_INT, AT(hold_ms), 0, 30000, "MS",
	  .group = "How long it waits",
	  .help = "how long a viewer waits for a camera that is not there" },
	{ "drain-s", OPT_INT, AT(drain_s), 0, 3600, "SECONDS",
	  .help = "after SIGTERM, how long cameras and their viewers are "
		  "served that have not gone to another relay yet" },
	{ "idle-s", OPT_INT, AT(idle_s), 1, 3600, "SECONDS",
	  .help = "how long a connection may stay without a request" },
	{ "head-s", OPT_INT, AT(head_s), 1, 600, "SECONDS",
	  .help = "how long a new connection may take for its first request" },
	{ "stuck-s", OPT_INT, AT(stuck_s), 1, 3600, "SECONDS",
	  .help = "how long a viewer may take nothing of an answer" },
	{ "slow-s", OPT_INT, AT(slow_s), 1, 3600, "SECONDS",
	  .help = "how long all of an answer, or of a body, may take" },
	{ "max-connections", OPT_INT, AT(max_connections), 8, 1000000, "N",
	  .group = "How much others may ask for",
	  .help = "connections and HTTP/2 streams" },
	{ "max-waiting", OPT_INT, AT(max_waiting), 1, 1000000, "N",
	  .help = "requests that wait for something to come" },
	{ "max-per-address", OPT_INT, AT(max_per_address), 0, 1000000, "N",
	  .help = "connections of one address (of IPv6: one /64); 0: any" },
	{ "max-rate", OPT_INT, AT(max_rate), 0, 1000000, "N",
	  .help = "requests a second of one address; 0: any" },
	{ "max-token-rate", OPT_INT, AT(max_token_rate), 0, 1000000, "N",
	  .help = "requests a second with one viewing link; 0: any" },
	{ "max-guesses", OPT_INT, AT(max_guesses), 0, 1000000, "N",
	  .help = "wrong keys and links a minute from one address; 0: any" },
	{ "max-handshakes", OPT_INT, AT(max_handshakes), 0, 1000000, "N",
	  .help = "TLS handshakes a second of one address; 0: any" },
	{ "max-messages", OPT_INT, AT(max_messages), 0, 1000000, "N",
	  .help = "messages a second of one camera; 0: any" },
	{ "max-head", OPT_INT, AT(max_head), 1024, 32768, "BYTES",
	  .help = "a request's line and headers together" },
	{ "limit-local", OPT_FLAG, AT(limit_local),
	  .help = "limit what comes from this machine itself, too" },
	{ "log", OPT_CHOICE, AT(log), .choices = log_levels, .value = "LEVEL",
	  .group = "Logs, and in general", .help = "how much to say" },
	{ "access-log", OPT_CHOICE, AT(access_log), .choices = access_formats,
	  .value = "FORMAT",
	  .help = "a line on standard output for each request" },
	{ "trace", OPT_TEXT, AT(trace), .value = "FILE",
	  .help = "write there when each part passed each stage" },
	{ 0 }
};

/* Those of "secret" that keys, or links, are made from. */
static const char *const key_options[] = { "secret", "key-generation", NULL };

static const char *const link_options[] = { "secret", "generation", "for",
					    "url", NULL };

static const char *const password_options[] = { NULL };

static const char *const health_options[] = { "listen", "port", "tls-cert-file",
					      "tls-key-file", NULL };

static const struct opt_command commands[] = {
	{ "key", "oriel-relay key CAMERA\noriel-relay key",
	  "Prints the publish key of a camera, which is the camera's ORIEL_KEY "
	  "(of '*': of all cameras). Without CAMERA it prints the operator's "
	  "key, which opens /metrics and /v1/cameras: curl -H 'Authorization: "
	  "Bearer KEY' https://relay.example.org/metrics. Keys are good until "
	  "the secret, or the key generation, is another one.",
	  key_options },
	{ "link", "oriel-relay link CAMERA [--for TIME] [--url URL]",
	  "Prints a viewing link of a camera (of '*': of all cameras). It need "
	  "not have connected yet. Whoever has the link may view until it has "
	  "expired, or until the secret, or the generation, is another one.",
	  link_options },
	{ "password", "oriel-relay password",
	  "Asks for a password, or reads one from standard input, and prints "
	  "what ORIEL_PASSWORD_HASH is to be, so that the user named by --user "
	  "views every camera with it.",
	  password_options },
	{ "health", "oriel-relay health [OPTION...]",
	  "Asks the relay that runs on this machine whether it is well, where "
	  "the same options and variables say that it listens: exit status 0, "
	  "or 1 and why not.",
	  health_options },
	{ 0 }
};

const struct opt_program config_program = {
	.name = "oriel-relay",
	.usage = "oriel-relay [OPTION...]\n"
		 "oriel-relay key [CAMERA]\n"
		 "oriel-relay link CAMERA [--for TIME] [--url URL]\n"
		 "oriel-relay password\n"
		 "oriel-relay health [OPTION...]",
	.about = "Keeps the last seconds of cameras in memory and hands them "
		 "out as low-latency HLS. `key` prints what a camera needs to "
		 "publish (without CAMERA, what /metrics needs), `link` what "
		 "somebody needs to view one; `oriel-relay link --help` says "
		 "more of that.",
	.env_file = "/etc/oriel/relay.env",
	.table = table,
	.commands = commands,
};
