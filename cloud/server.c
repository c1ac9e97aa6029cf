/* SPDX-License-Identifier: MIT */
#define LOG_MODULE "server"
#include "cloud/server.h"

#include <errno.h>
#include <ev.h>
#include <libwebsockets.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cloud/http/answer.h"
#include "cloud/http/assets.h"
#include "cloud/http/reply.h"
#include "cloud/http/report.h"
#include "cloud/http/session.h"
#include "cloud/http/transfer.h"
#include "cloud/http/wsi.h"
#include "cloud/limit/address.h"
#include "cloud/listen.h"
#include "cloud/login.h"
#include "cloud/output.h"
#include "cloud/password.h"
#include "cloud/publish.h"
#include "cloud/publishers.h"
#include "cloud/store/camera.h"
#include "cloud/store/store.h"
#include "cloud/tls_pair.h"
#include "common/clock.h"
#include "common/log.h"

#define TICK_S	       0.25
#define TICKS_A_SECOND 4
#define TICKS_A_LOOK   40			/* at the certificate */
#define FORGET_US      ((int64_t)600 * 1000000) /* a camera that is gone */
#define LEAVE_US       800000			/* for the last answers */
#define ACCEPT_AT_ONCE 64
#define SPARE_FILES    64 /* beside connections: listener, loop, log, ... */
#define RECEIVE_BYTES  (64 << 10)

struct server {
	struct server_params params;
	struct listener listener, metrics;
	char url[96], metrics_url[96];
	struct ev_loop *loop;
	struct ev_io accepting, accepting_metrics;
	struct ev_timer ticking;
	struct ev_signal terminated, interrupted, hung_up;
	struct tls_pair tls; /* with a certificate only */
	struct output *output;
	struct lws_protocols protocols[3]; /* the last one ends the list */
	struct lws_context *context;
	struct store *store;
	struct assets *assets;
	struct guard *guard;
	struct login login;
	const struct address *accepted; /* while it is adopted */
	struct answer_source source;
	struct report_counters counters;
	struct sessions *sessions;
	struct publishers *publishers;
	struct publish_door door;
	unsigned int ticks;
	int64_t draining_us;  /* since when; 0: not */
	int64_t drain_us;     /* for how long, then */
	int64_t dismissed_us; /* everybody was; 0: not yet */
};

/* --- what libwebsockets says --- */

/* While it starts its errors are for people; later, peers can cause them. */
static enum log_level lws_error_level = LOG_ERROR;

static void log_from_lws(int level, const char *line)
{
	char text[256];
	size_t n = strcspn(line, "\n");

	log_write(level == LLL_ERR ? lws_error_level : LOG_DEBUG, LOG_MODULE,
		  "libwebsockets: %s", log_escape(text, sizeof(text), line, n));
}

/*
 * Both of these hear of a connection before and after any protocol does; and
 * of streams of HTTP/2, which nobody accepted.
 */
static void count(struct server *s, struct lws *wsi,
		  enum lws_callback_reasons reason)
{
	if (reason == LWS_CALLBACK_WSI_CREATE) {
		s->counters.sessions++;
		if (s->accepted)
			guard_connect(s->guard, wsi, s->accepted,
				      clock_monotonic_us());
	} else if (reason == LWS_CALLBACK_WSI_DESTROY) {
		if (s->counters.sessions)
			s->counters.sessions--;
		if (guard_disconnect(s->guard, wsi) && !s->draining_us)
			s->counters.refused[REFUSED_HEAD]++;
	}
}

static int confirm_upgrade(struct server *s, struct lws *wsi,
			   const char *protocol)
{
	int refused;

	/* HTTP/2 without TLS is of no use to browsers, so to nobody. */
	if (strcasecmp(protocol, "websocket") != 0)
		return -1;
	refused = publish_confirm(&s->door, wsi);
	if (!refused)
		session_leave(s->sessions, wsi);
	return refused;
}

/* CONNECT, and methods that libwebsockets does not know. */
static int refuse_method(struct server *s, struct lws *wsi)
{
	struct reply *reply = reply_new_text(405,
					     "Allow: GET, HEAD, OPTIONS\r\n"
					     "Connection: close\r\n",
					     "There is no such method here.");

	session_leave(s->sessions, wsi);
	return wsi_refuse(wsi, &reply);
}

static int http_callback(struct lws *wsi, enum lws_callback_reasons reason,
			 void *user, void *in, size_t n)
{
	struct server *s = lws_context_user(lws_get_context(wsi));

	(void)user;
	count(s, wsi, reason);
	switch (reason) {
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return confirm_upgrade(s, wsi, in);
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		return -1; /* a WebSocket without our protocol */
	case LWS_CALLBACK_RAW_RX:
		return refuse_method(s, wsi);
	default:
		return session_callback(s->sessions, wsi, reason, in, n);
	}
}

static int publish_protocol(struct lws *wsi, enum lws_callback_reasons reason,
			    void *user, void *in, size_t n)
{
	struct server *s = lws_context_user(lws_get_context(wsi));

	(void)user;
	return publish_callback(&s->door, wsi, reason, in, n);
}

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

/* --- connections --- */

/* No TLS is spoken here: such a client sees that it is not welcome. */
static void turn_away(struct server *s, int fd, enum refusal why)
{
	static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\n"
				     "Retry-After: 5\r\n"
				     "Connection: close\r\n"
				     "Content-Length: 0\r\n\r\n";

	s->counters.refused[why]++;
	send(fd, answer, sizeof(answer) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	close(fd);
}

static void adopt(struct server *s, int fd, const struct address *from)
{
	s->accepted = from;
	lws_adopt_socket(s->context, fd); /* closes on failure */
	s->accepted = NULL;
}

/* Plain HTTP, certificate or not: it is for this machine or a safe network. */
static void accept_metrics(struct ev_loop *loop, struct ev_io *watcher,
			   int events)
{
	struct server *s = watcher->data;
	struct address from;
	int fd = listener_accept(&s->metrics, &from);

	(void)loop;
	(void)events;
	if (fd < 0)
		return;
	if (s->counters.sessions >= s->params.max_connections) {
		turn_away(s, fd, REFUSED_CONNECTIONS);
		return;
	}
	address_set_inside(&from);
	s->accepted = &from;
	lws_adopt_descriptor_vhost(lws_get_vhost_by_name(s->context, "default"),
				   LWS_ADOPT_HTTP | LWS_ADOPT_SOCKET,
				   (lws_sock_file_fd_type){ .sockfd = fd },
				   NULL, NULL);
	s->accepted = NULL;
}

static void accept_some(struct ev_loop *loop, struct ev_io *watcher, int events)
{
	struct server *s = watcher->data;

	(void)events;
	for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
		struct address from;
		int fd = listener_accept(&s->listener, &from);

		if (fd == -EAGAIN || fd == -EINTR)
			return;
		if (fd < 0) {
			/* Out of files or memory; the next tick tries again. */
			log_warn("cannot accept: %s", strerror(-fd));
			ev_io_stop(loop, watcher);
			return;
		}
		if (s->counters.sessions >= s->params.max_connections)
			turn_away(s, fd, REFUSED_CONNECTIONS);
		else if (!guard_may_connect(s->guard, &from))
			turn_away(s, fd, REFUSED_ADDRESS);
		else
			adopt(s, fd, &from);
	}
}

/* --- time and signals --- */

/*
 * The address is free from now on, for the relay that comes instead. Devices
 * connect to that one, and viewers follow them.
 */
static void drain(struct server *s, int64_t limit_us)
{
	if (s->draining_us)
		ev_break(s->loop, EVBREAK_ALL); /* asked twice */
	s->draining_us = clock_monotonic_us();
	s->counters.leaving = true;
	s->drain_us = limit_us;
	ev_io_stop(s->loop, &s->accepting);
	listener_close(&s->listener);
	publishers_drain(s->publishers);
	sessions_drain(s->sessions);
	lws_cancel_service(s->context);
	/* Soon: there may be nobody. */
	s->ticking.repeat = TICK_S / 10;
	ev_timer_again(s->loop, &s->ticking);
}

static void terminate(struct ev_loop *loop, struct ev_signal *watcher,
		      int events)
{
	struct server *s = watcher->data;

	(void)loop;
	(void)events;
	drain(s, s->params.drain_us);
}

/* Somebody sits at a keyboard. */
static void interrupt(struct ev_loop *loop, struct ev_signal *watcher,
		      int events)
{
	(void)loop;
	(void)events;
	drain(watcher->data, 0);
}

/* Connections that are there keep the certificate that they began with. */
static void reload_tls(struct server *s)
{
	const struct server_params *p = &s->params;

	if (!p->tls_cert_file)
		return;
	if (tls_pair_check(&s->tls) < 0) {
		log_error("the certificate of before stays in use");
		return;
	}
	lws_error_level = LOG_ERROR;
	lws_tls_cert_updated(s->context, p->tls_cert_file, p->tls_key_file,
			     NULL, 0, NULL, 0);
	lws_error_level = LOG_DEBUG;
	log_info("the certificate was read again");
}

static void hang_up(struct ev_loop *loop, struct ev_signal *watcher, int events)
{
	(void)loop;
	(void)events;
	reload_tls(watcher->data);
}

static void drain_on(struct server *s, int64_t now_us)
{
	if (!s->dismissed_us && (now_us - s->draining_us >= s->drain_us ||
				 !publishers_busy(s->publishers))) {
		s->dismissed_us = now_us;
		sessions_dismiss(s->sessions);
	}
	if (s->dismissed_us &&
	    (now_us - s->dismissed_us > LEAVE_US ||
	     (!sessions_busy(s->sessions) && !publishers_busy(s->publishers))))
		ev_break(s->loop, EVBREAK_ALL);
}

/* libwebsockets has no limit of its own for all of a first request. */
static void hang_up_late(struct server *s, int64_t now_us)
{
	int64_t before_us = now_us - (int64_t)s->params.head_s * 1000000;
	struct lws *late;

	while ((late = guard_late(s->guard, before_us))) {
		if (guard_disconnect(s->guard, late))
			s->counters.refused[REFUSED_HEAD]++;
		lws_set_timeout(late, PENDING_TIMEOUT_USER_OK,
				LWS_TO_KILL_SYNC);
	}
}

/* In pages; proc(5). */
static void measure_memory(struct server *s)
{
	unsigned long resident = 0;
	FILE *statm = fopen("/proc/self/statm", "re");

	if (!statm)
		return;
	if (fscanf(statm, "%*u %lu", &resident) == 1)
		s->counters.resident_bytes =
			resident * (uint64_t)sysconf(_SC_PAGESIZE);
	fclose(statm);
}

static void tick(struct ev_loop *loop, struct ev_timer *watcher, int events)
{
	struct server *s = watcher->data;
	int64_t now_us = clock_monotonic_us();

	(void)events;
	hang_up_late(s, now_us);
	sessions_tick(s->sessions, now_us);
	publishers_tick(s->publishers, now_us);
	store_forget(s->store, now_us - FORGET_US);
	if (s->output)
		output_flush(s->output);
	if (s->ticks++ % TICKS_A_SECOND == 0)
		measure_memory(s);
	if (s->params.tls_cert_file && s->ticks % TICKS_A_LOOK == 0 &&
	    tls_pair_changed(&s->tls))
		reload_tls(s);
	if (s->draining_us)
		drain_on(s, now_us);
	else
		ev_io_start(loop, &s->accepting);
	/* Its own timers are only looked at after one of its events. */
	lws_cancel_service(s->context);
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
	if (getrandom(&params.seed, sizeof(params.seed), 0) < 0)
		return -errno;
	s->login = (struct login){ .user = s->params.user,
				   .hash = s->params.password_hash,
				   .matches = password_matches,
				   .seed = ~params.seed };
	return guard_open(&s->guard, &params);
}

static int open_modules(struct server *s)
{
	const struct server_params *p = &s->params;
	int err;

	if (p->access_format &&
	    (err = output_open(&s->output, STDOUT_FILENO)) < 0)
		return err;
	if ((err = store_open(&s->store,
			      &(struct store_params){
				      .max_bytes = p->max_bytes,
				      .max_camera_bytes = p->max_camera_bytes,
				      .max_cameras = p->max_cameras,
				      .max_segments = p->max_window })) < 0 ||
	    (err = assets_open(&s->assets, asset_files)) < 0 ||
	    (err = open_guard(s)) < 0)
		return err;
	s->source = (struct answer_source){
		.store = s->store,
		.assets = s->assets,
		.counters = &s->counters,
		.keys = p->keys,
		.guard = s->guard,
		.login = &s->login,
		.open = p->open,
		.metrics_inside = p->metrics_address != NULL,
		.hold_us = p->hold_us,
		.count_waiting = count_waiting,
		.context = s,
	};
	if ((err = sessions_open(&s->sessions,
				 &(struct sessions_params){
					 .loop = s->loop,
					 .source = &s->source,
					 .counters = &s->counters,
					 .max_waiting = p->max_waiting,
					 .access = s->output,
					 .access_format = p->access_format,
					 .idle_us = p->idle_us,
					 .stuck_us = p->stuck_us,
					 .slow_us = p->slow_us,
					 .asked = tell_publishers,
					 .context = s })) < 0)
		return err;
	err = publishers_open(&s->publishers, &(struct publishers_params){
						      .counters = &s->counters,
						      .store = s->store,
						      .max_part = p->max_part,
						      .viewers = count_viewers,
						      .stored = wake_sessions,
						      .told = tell_listeners,
						      .context = s });
	sessions_take_posts(s->sessions, s->publishers);
	s->door = (struct publish_door){ &s->source, s->publishers };
	return err;
}

static int open_loop(struct server *s)
{
	s->loop = ev_loop_new(EVFLAG_AUTO);
	if (!s->loop) {
		log_error("libev finds no way to wait for events here");
		return -ENOSYS;
	}
	ev_io_init(&s->accepting, accept_some, s->listener.fd, EV_READ);
	ev_io_init(&s->accepting_metrics, accept_metrics, s->metrics.fd,
		   EV_READ);
	s->accepting_metrics.data = s->hung_up.data = s;
	ev_timer_init(&s->ticking, tick, TICK_S, TICK_S);
	ev_signal_init(&s->terminated, terminate, SIGTERM);
	ev_signal_init(&s->hung_up, hang_up, SIGHUP);
	ev_signal_init(&s->interrupted, interrupt, SIGINT);
	s->accepting.data = s->ticking.data = s->terminated.data =
		s->interrupted.data = s;
	/* From here on: who sees our address may also stop us. */
	ev_signal_start(s->loop, &s->terminated);
	ev_signal_start(s->loop, &s->interrupted);
	ev_signal_start(s->loop, &s->hung_up);
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

static int open_context(struct server *s)
{
	void *loops[] = { s->loop };
	struct lws_context_creation_info info = {
		/* We accept; see accept_some(). */
		.port = CONTEXT_PORT_NO_LISTEN_SERVER,
		.protocols = s->protocols,
		.user = s,
		.foreign_loops = loops,
		/* poll() would walk along all idle connections each time. */
		.options =
			LWS_SERVER_OPTION_LIBEV |
			LWS_SERVER_OPTION_DISABLE_IPV6 |
			LWS_SERVER_OPTION_FALLBACK_TO_APPLY_LISTEN_ACCEPT_CONFIG,
		/* What is not HTTP to it is answered by refuse_method(). */
		.listen_accept_role = "raw-skt",
		.listen_accept_protocol = "http",
		/* Anything else makes it search its connections linearly. */
		.fd_limit_per_thread = 0,
		.max_http_header_data = (unsigned short)s->params.max_head,
		.max_http_header_pool = 0, /* one for each connection */
		.pt_serv_buf_size = RECEIVE_BYTES,
		.timeout_secs = s->params.head_s,
		.keepalive_timeout = (int)s->params.head_s,
		.gid = (gid_t)-1,
		.uid = (uid_t)-1,
	};

	/* One write takes all of it: what is beyond would be copied. */
	s->protocols[0] = (struct lws_protocols){
		.name = "http",
		.callback = http_callback,
		.tx_packet_size = TRANSFER_WRITE,
	};
	s->protocols[1] = (struct lws_protocols){
		.name = WIRE_PROTOCOL,
		.callback = publish_protocol,
		.per_session_data_size = publish_session_size(),
		.rx_buffer_size = RECEIVE_BYTES,
	};
	if (s->params.tls_cert_file) {
		info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
		info.ssl_cert_filepath = s->params.tls_cert_file;
		info.ssl_private_key_filepath = s->params.tls_key_file;
		info.alpn = "h2,http/1.1";
	}
	lws_set_log_level(LLL_ERR | LLL_WARN, log_from_lws);
	lws_error_level = LOG_ERROR;
	s->context = lws_create_context(&info);
	lws_error_level = LOG_DEBUG;
	if (!s->context) {
		log_error("libwebsockets does not start; is the package "
			  "libwebsockets-evlib-ev installed, and can "
			  "certificate and key be read?");
		return -EINVAL;
	}
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
	if ((err = open_context(s)) < 0)
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
	measure_memory(s);
	ev_io_start(s->loop, &s->accepting);
	if (s->metrics.fd >= 0)
		ev_io_start(s->loop, &s->accepting_metrics);
	ev_timer_start(s->loop, &s->ticking);
	ev_run(s->loop, 0);
	ev_io_stop(s->loop, &s->accepting);
	ev_io_stop(s->loop, &s->accepting_metrics);
	ev_signal_stop(s->loop, &s->hung_up);
	ev_timer_stop(s->loop, &s->ticking);
	ev_signal_stop(s->loop, &s->terminated);
	ev_signal_stop(s->loop, &s->interrupted);
}

void server_close(struct server **server)
{
	struct server *s = *server;

	*server = NULL;
	if (!s)
		return;
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
