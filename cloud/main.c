/* SPDX-License-Identifier: MIT */
/*
 * oriel-relay: reads the configuration; prints a key or a link, or serves.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define LOG_MODULE "main"
#include "cloud/config.h"
#include "cloud/health.h"
#include "cloud/key.h"
#include "cloud/password.h"
#include "cloud/server.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/notify.h"
#include "common/trace.h"

#define EXIT_USAGE 2

static struct keyring keys_of(const struct config *c)
{
	return (struct keyring){
		.secret = c->secret,
		.previous = c->previous_secret,
		.generation = (uint32_t)c->generation,
		.key_generation = (uint32_t)c->key_generation,
	};
}

/* For who sits at a terminal; a script that takes the output needs none. */
__attribute__((format(printf, 1, 2))) static void hint(const char *format, ...)
{
	va_list args;

	if (!isatty(STDOUT_FILENO) || !isatty(STDERR_FILENO))
		return;
	fputc('(', stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputs(")\n", stderr);
}

static void print_key(const struct config *c)
{
	const struct keyring keys = keys_of(c);
	char key[KEY_SIZE];

	if (c->camera)
		key_publish(key, &keys, c->camera);
	else
		key_operator(key, &keys);
	puts(key);
	if (!c->camera)
		hint("This opens /metrics and /v1/cameras. A camera's key: "
		     "oriel-relay key CAMERA");
}

/* Without its echo, where somebody types it. */
static size_t read_password(char *out, size_t room, const char *prompt)
{
	struct termios shown, hidden;
	bool typed = tcgetattr(STDIN_FILENO, &shown) == 0;
	bool read;

	if (typed) {
		fputs(prompt, stderr);
		hidden = shown;
		hidden.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	}
	read = fgets(out, (int)room, stdin) != NULL;
	if (typed) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
		fputc('\n', stderr);
	}
	return read ? strcspn(out, "\r\n") : 0;
}

/* Nobody sees what he types: that it is what he meant shows the second time. */
static bool is_repeated(const char *password, size_t n)
{
	char again[PASSWORD_MAX + 3];

	return !isatty(STDIN_FILENO) ||
	       (read_password(again, sizeof(again), "Again: ") == n &&
		memcmp(again, password, n) == 0);
}

static int print_password(void)
{
	char password[PASSWORD_MAX + 3], hash[PASSWORD_HASH_SIZE];
	size_t n = read_password(password, sizeof(password), "Password: ");

	if (n && n <= PASSWORD_MAX && !is_repeated(password, n)) {
		fputs("oriel-relay: these were two different passwords\n",
		      stderr);
		return EXIT_USAGE;
	}
	if (password_hash(hash, password, n) < 0) {
		fprintf(stderr,
			"oriel-relay: a password has 1 to %d characters, on "
			"standard input\n",
			PASSWORD_MAX);
		return EXIT_USAGE;
	}
	puts(hash);
	hint("The relay takes it as ORIEL_PASSWORD_HASH, with --user NAME");
	return EXIT_SUCCESS;
}

static void hint_link(const struct config *c, int64_t expires_s)
{
	time_t seconds = (time_t)expires_s;
	char until[32];
	struct tm tm;

	strftime(until, sizeof(until), "%Y-%m-%d %H:%M",
		 localtime_r(&seconds, &tm));
	hint("Good until %s.%s", until,
	     c->url ? ""
		    : " The relay's address goes before it: "
		      "--url https://relay.example.org");
}

static void print_link(const struct config *c)
{
	const struct keyring keys = keys_of(c);
	int64_t expires_s = clock_wall_us() / 1000000 + c->lifetime_s;
	const char *url = c->url ? c->url : "";
	size_t n = strlen(url);
	char token[KEY_TOKEN_SIZE];

	if (n && url[n - 1] == '/')
		n--;
	key_token(token, &keys, c->camera, (uint32_t)expires_s);
	if (strcmp(c->camera, KEY_ALL) == 0)
		printf("%.*s/~%s/\n", (int)n, url, token);
	else
		printf("%.*s/%s/~%s/\n", (int)n, url, c->camera, token);
	fflush(stdout);
	hint_link(c, expires_s);
}

static int open_trace(const struct config *c)
{
	int err = c->trace ? trace_open(c->trace) : 0;

	if (err < 0)
		log_error("cannot write --trace %s: %s", c->trace,
			  strerror(-err));
	return err;
}

static struct guard_params guard_of(const struct config *c)
{
	return (struct guard_params){
		.max_per_address = (unsigned)c->max_per_address,
		.handshakes = (unsigned)c->max_handshakes,
		.address_rate = (unsigned)c->max_rate,
		.token_rate = (unsigned)c->max_token_rate,
		.guesses = (unsigned)c->max_guesses,
		.messages = (unsigned)c->max_messages,
		.proxy_hops = (unsigned)c->proxy_hops,
		.limit_local = c->limit_local,
	};
}

/* Where it listens: to who started us, from a pipe or as a service manager. */
static void tell_where(const struct server *server)
{
	char line[256];

	snprintf(line, sizeof(line), "listening on %s", server_url(server));
	puts(line);
	if (server_metrics_url(server)[0])
		printf("metrics at %s\n", server_metrics_url(server));
	fflush(stdout);
	notify_ready(line);
}

static int serve(const struct config *c)
{
	const struct keyring keys = keys_of(c);
	struct server *server;
	int err = server_open(
		&server,
		&(struct server_params){
			.address = c->address,
			.port = (int)c->port,
			.tls_cert_file = c->tls_cert_file,
			.tls_key_file = c->tls_key_file,
			.http2 = c->http2,
			.metrics_address =
				c->metrics_listen ? c->metrics_address : NULL,
			.metrics_port = (int)c->metrics_port,
			.access_format = (enum access_format)c->access_log,
			.keys = &keys,
			.user = c->user,
			.password_hash = c->password_hash,
			.open = c->open,
			.hold_us = c->hold_ms * 1000,
			.idle_us = c->idle_s * 1000000,
			.stuck_us = c->stuck_s * 1000000,
			.drain_us = c->drain_s * 1000000,
			.slow_us = c->slow_s * 1000000,
			.head_s = (unsigned)c->head_s,
			.max_head = (unsigned)c->max_head,
			.max_bytes = (size_t)c->max_bytes,
			.max_camera_bytes = (size_t)c->max_camera_bytes,
			.max_cameras = (unsigned)c->max_cameras,
			.max_window = (unsigned)c->max_window,
			.max_part = (uint32_t)c->max_part,
			.max_connections = (unsigned)c->max_connections,
			.max_waiting = (unsigned)c->max_waiting,
			.guard = guard_of(c),
		});

	if (err < 0)
		return EXIT_FAILURE; /* whoever failed has said why */
	tell_where(server);
	server_run(server);
	server_close(&server);
	return EXIT_SUCCESS;
}

/* One line on stderr when it is not well. */
static int ask_health(const struct config *c)
{
	int err = health_ask(c->address, (int)c->port, c->tls_cert_file);

	if (err == 0)
		return EXIT_SUCCESS;
	fprintf(stderr, "oriel-relay: health: %s port %d: %s%s\n", c->address,
		(int)c->port,
		err == -EPROTO ? "what answers there is no relay that is well"
			       : strerror(-err),
		err == -ECONNREFUSED
			? "; is it running, and was this given the same "
			  "--listen and --port?"
			: "");
	return EXIT_FAILURE;
}

int main(int argc, const char *argv[])
{
	struct config config;
	int result = EXIT_SUCCESS, err;

	(void)argc;
	log_begin();
	err = config_read(&config, argv + 1);
	if (err == 0) {
		log_set_level((enum log_level)config_log_level(&config));
		switch (config.command) {
		case CONFIG_KEY:
			print_key(&config);
			break;
		case CONFIG_LINK:
			print_link(&config);
			break;
		case CONFIG_PASSWORD:
			result = print_password();
			break;
		case CONFIG_HEALTH:
			result = ask_health(&config);
			break;
		case CONFIG_SERVE:
			result = open_trace(&config) < 0 ? EXIT_USAGE
							 : serve(&config);
			break;
		}
	} else if (err != OPT_HELP) {
		result = EXIT_USAGE;
	}
	config_finish(&config);
	return result;
}
