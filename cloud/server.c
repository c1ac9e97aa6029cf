/* SPDX-License-Identifier: MIT */
#define LOG_MODULE "server"
#include "cloud/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cloud/http/assets.h"
#include "cloud/http/session.h"
#include "cloud/output.h"
#include "cloud/password.h"
#include "cloud/publishers.h"
#include "cloud/server_state.h"
#include "cloud/store/camera.h"
#include "cloud/store/store.h"
#include "common/clock.h"
#include "common/log.h"

#define SPARE_FILES 64 /* beside connections: listener, loop, log, ... */

static void wake_sessions(void *context, const char *camera)
{
	struct server *s = context;

	sessions_wake(s->sessions, camera);
}

static void tell_listeners(void *context, const char *camera)
{
	struct server *s = context;

	sessions_tell(s->sessions, camera);
}

static void tell_publishers(void *context, const char *camera)
{
	struct server *s = context;

	publishers_asked(s->publishers, camera, clock_monotonic_us());
}

static unsigned int count_waiting(void *context, const char *camera)
{
	struct server *s = context;

	return sessions_waiting(s->sessions, camera);
}

static unsigned int count_viewers(void *context, const char *camera)
{
	struct server *s = context;
	const struct camera *c = store_find(s->store, camera);
	unsigned int viewers = c ? camera_viewers(c, clock_monotonic_us()) : 0;

	/* Those who came before the camera was known have waited only. */
	return viewers ? viewers : count_waiting(s, camera);
}

/* --- passwords --- */

static void serve_login(struct ev_loop *loop, struct ev_async *watcher,
			int events)
{
	struct server *s = watcher->data;
	uint64_t known =
		login_thread_serve(s->login_thread, clock_monotonic_us());

	(void)loop;
	(void)events;
	if (known)
		sessions_looked(s->sessions, known);
}

/* Of all libev has, the one call that the thread that looks may make, too. */
static void call_login(void *context)
{
	struct server *s = context;

	ev_async_send(s->loop, &s->looking);
}

static int open_login(struct server *s)
{
	uint64_t seed;

	if (!s->params.user)
		return 0;
	if (getrandom(&seed, sizeof(seed), 0) < 0)
		return -errno;
	s->login = (struct login){ .user = s->params.user,
				   .hash = s->params.password_hash,
				   .matches = password_matches,
				   .asked = call_login,
				   .context = s,
				   .seed = seed };
	ev_async_init(&s->looking, serve_login);
	s->looking.data = s;
	ev_async_start(s->loop, &s->looking);
	return login_thread_open(&s->login_thread, &s->login, call_login, s);
}

/* --- opening --- */

/* Every connection is a file; a limit too low is raised as far as we may. */
static int raise_file_limit(const struct server *s)
{
	rlim_t wanted = (rlim_t)s->params.max_connections + SPARE_FILES;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -errno;
	if (limit.rlim_max < wanted) {
		log_warn("%u connections need %lu files, and this process may "
			 "have %lu (ulimit -n, LimitNOFILE=)",
			 s->params.max_connections, (unsigned long)wanted,
			 (unsigned long)limit.rlim_max);
		wanted = limit.rlim_max;
	}
	/* Not more either: libwebsockets has a table of that size. */
	limit.rlim_cur = wanted;
	return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -errno : 0;
}

/* A table has room for all that can be. */
static int open_guard(struct server *s)
{
	struct guard_params params = s->params.guard;

	params.max_connections = s->params.max_connections;
	if (getrandom(&params.seed, sizeof(params.seed), 0) < 0 ||
	    getrandom(&s->key_memory.seed, sizeof(s->key_memory.seed), 0) < 0)
		return -errno;
	s->keys = *s->params.keys;
	s->keys.memory = &s->key_memory;
	return guard_open(&s->guard, &params);
}

/* What is given out, and what it is made of. */
static int open_source(struct server *s)
{
	const struct server_params *p = &s->params;
	const struct store_params limits = {
		.max_bytes = p->max_bytes,
		.max_camera_bytes = p->max_camera_bytes,
		.max_cameras = p->max_cameras,
		.max_segments = p->max_window,
	};
	int err;

	if ((err = store_open(&s->store, &limits)) < 0 ||
	    (err = assets_open(&s->assets, asset_files)) < 0 ||
	    (err = open_guard(s)) < 0 || (err = open_login(s)) < 0)
		return err;
	s->source = (struct answer_source){
		.store = s->store,
		.assets = s->assets,
		.counters = &s->counters,
		.keys = &s->keys,
		.guard = s->guard,
		.login = &s->login,
		.open = p->open,
		.metrics_inside = p->metrics_address != NULL,
		.hold_us = p->hold_us,
		.count_waiting = count_waiting,
		.context = s,
	};
	return 0;
}

static int open_sessions(struct server *s)
{
	const struct server_params *p = &s->params;
	const struct sessions_params params = {
		.loop = s->loop,
		.source = &s->source,
		.counters = &s->counters,
		.max_sessions = p->max_connections,
		.max_waiting = p->max_waiting,
		.access = s->output,
		.access_format = p->access_format,
		.idle_us = p->idle_us,
		.stuck_us = p->stuck_us,
		.slow_us = p->slow_us,
		.asked = tell_publishers,
		.context = s,
	};

	return sessions_open(&s->sessions, &params);
}

static int open_publishers(struct server *s)
{
	const struct publishers_params params = {
		.counters = &s->counters,
		.store = s->store,
		.guard = s->guard,
		.max_part = s->params.max_part,
		.viewers = count_viewers,
		.stored = wake_sessions,
		.told = tell_listeners,
		.context = s,
	};

	return publishers_open(&s->publishers, &params);
}

static int open_modules(struct server *s)
{
	int err;

	if (s->params.access_format &&
	    (err = output_open(&s->output, STDOUT_FILENO)) < 0)
		return err;
	if ((err = open_source(s)) < 0 || (err = open_sessions(s)) < 0 ||
	    (err = open_publishers(s)) < 0)
		return err;
	sessions_take_posts(s->sessions, s->publishers);
	s->door = (struct publish_door){ &s->source, s->publishers };
	return 0;
}

static int open_loop(struct server *s)
{
	s->loop = ev_loop_new(EVFLAG_AUTO);
	if (!s->loop) {
		log_error("libev finds no way to wait for events here");
		return -ENOSYS;
	}
	ev_io_init(&s->accepting, server_accept, s->listener.fd, EV_READ);
	ev_io_init(&s->accepting_metrics, server_accept_metrics, s->metrics.fd,
		   EV_READ);
	s->accepting.data = s->accepting_metrics.data = s;
	server_init_time(s);
	return 0;
}

static int open_metrics(struct server *s)
{
	const struct server_params *p = &s->params;
	int err;

	if (!p->metrics_address)
		return 0;
	err = listener_open(&s->metrics, p->metrics_address, p->metrics_port);
	if (err == 0)
		snprintf(s->metrics_url, sizeof(s->metrics_url),
			 "http://%s/metrics", s->metrics.address);
	return err;
}

int server_open(struct server **out, const struct server_params *params)
{
	struct server *s = calloc(1, sizeof(*s));
	int err;

	*out = NULL;
	if (!s)
		return -ENOMEM;
	s->params = *params;
	s->listener.fd = s->metrics.fd = -1;
	s->tls = (struct tls_pair){ .cert_file = params->tls_cert_file,
				    .key_file = params->tls_key_file };
	if ((err = listener_open(&s->listener, params->address, params->port)) <
		    0 ||
	    (err = open_metrics(s)) < 0 || (err = open_loop(s)) < 0 ||
	    (err = params->tls_cert_file ? tls_pair_check(&s->tls) : 0) < 0)
		goto fail;
	if ((err = raise_file_limit(s)) < 0 || (err = open_modules(s)) < 0) {
		log_error("cannot start: %s", strerror(-err));
		goto fail;
	}
	if ((err = server_open_context(s)) < 0)
		goto fail;
	snprintf(s->url, sizeof(s->url), "%s://%s/",
		 params->tls_cert_file ? "https" : "http", s->listener.address);
	*out = s;
	return 0;

fail:
	server_close(&s);
	return err;
}

const char *server_url(const struct server *s)
{
	return s->url;
}

const char *server_metrics_url(const struct server *s)
{
	return s->metrics_url;
}

void server_run(struct server *s)
{
	s->counters.started_s = (uint64_t)(clock_wall_us() / 1000000);
	server_measure(s);
	ev_io_start(s->loop, &s->accepting);
	if (s->metrics.fd >= 0)
		ev_io_start(s->loop, &s->accepting_metrics);
	ev_timer_start(s->loop, &s->ticking);
	ev_run(s->loop, 0);
	ev_io_stop(s->loop, &s->accepting);
	ev_io_stop(s->loop, &s->accepting_metrics);
	ev_async_stop(s->loop, &s->looking);
	server_stop_time(s);
}

void server_close(struct server **server)
{
	struct server *s = *server;

	*server = NULL;
	if (!s)
		return;
	login_thread_close(&s->login_thread); /* before what it calls */
	if (s->context)
		lws_context_destroy(s->context);
	publishers_close(&s->publishers);
	sessions_close(&s->sessions);
	if (s->loop)
		ev_loop_destroy(s->loop);
	listener_close(&s->listener);
	listener_close(&s->metrics);
	output_close(&s->output);
	guard_close(&s->guard);
	assets_close(&s->assets);
	store_close(&s->store);
	free(s);
}
