/* SPDX-License-Identifier: MIT */
#include "tests/unit/fake_http.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

#define PATIENCE_S 20

struct fake_http {
	struct fake_http_script script;
	int listener, stop, port;
	SSL_CTX *tls;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t heard;
	struct fake_http_facts facts;
	/* the connection */
	int fd;
	SSL *ssl;
};

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* --- the server's thread ---------------------------------------------------
 */

/* False: it is time to stop. */
static bool wait_for(struct fake_http *s, int fd)
{
	struct pollfd fds[] = { { .fd = s->stop, .events = POLLIN },
				{ .fd = fd, .events = POLLIN } };

	must(poll(fds, 2, -1) > 0);
	return !fds[0].revents;
}

static int receive(struct fake_http *s, char *out, size_t size)
{
	if (!s->ssl || !SSL_pending(s->ssl)) {
		if (!wait_for(s, s->fd))
			return 0;
	}
	return s->ssl ? SSL_read(s->ssl, out, (int)size)
		      : (int)recv(s->fd, out, size, 0);
}

static void say(struct fake_http *s, const void *bytes, size_t n)
{
	if (s->ssl)
		SSL_write(s->ssl, bytes, (int)n);
	else
		send(s->fd, bytes, n, MSG_NOSIGNAL);
}

static void say_body(struct fake_http *s, const struct fake_http_body *body)
{
	char head[80];

	snprintf(head, sizeof(head),
		 "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", body->size);
	say(s, head, strlen(head));
	if (body->size)
		say(s, body->bytes, body->size);
}

static bool read_head(struct fake_http *s, char *head, size_t size)
{
	size_t n = 0;

	while (n + 1 < size && receive(s, head + n, 1) == 1) {
		head[++n] = '\0';
		if (n >= 4 && !strcmp(head + n - 4, "\r\n\r\n"))
			return true;
	}
	return false;
}

static bool read_body(struct fake_http *s, struct fake_http_facts *f)
{
	const char *length = strcasestr(f->head, "\r\nContent-Length:");
	size_t size = length ? strtoul(length + 17, NULL, 10) : 0;
	char bytes[4096];

	f->body_is_even = true;
	for (f->body_size = 0; f->body_size < size;) {
		size_t rest = size - f->body_size;
		int n = receive(s, bytes,
				rest < sizeof(bytes) ? rest : sizeof(bytes));

		if (n <= 0)
			return false;
		if (!f->body_size)
			memcpy(f->body, bytes,
			       (size_t)n < sizeof(f->body)
				       ? (size_t)n
				       : sizeof(f->body) - 1);
		for (int i = 0; i < n; i++)
			f->body_is_even &= bytes[i] == f->body[0];
		f->body_size += (size_t)n;
	}
	return true;
}

/* False: the connection is at its end. */
static bool serve_request(struct fake_http *s)
{
	struct fake_http_facts f = { 0 };
	const char *answer = NULL;

	if (!read_head(s, f.head, sizeof(f.head)) || !read_body(s, &f))
		return false;
	pthread_mutex_lock(&s->lock);
	for (int i = 0; i <= s->facts.requests && s->script.answers[i]; i++)
		answer = s->script.answers[i];
	f.connections = s->facts.connections;
	f.resumed = s->facts.resumed;
	f.requests = s->facts.requests + 1;
	s->facts = f;
	pthread_cond_broadcast(&s->heard);
	pthread_mutex_unlock(&s->lock);
	if (!strcmp(answer, "cut"))
		return false;
	if (!strncmp(answer, "body", 4))
		say_body(s, &s->script.bodies[strtol(answer + 4, NULL, 10)]);
	else if (strcmp(answer, "hang") != 0)
		say(s, answer, strlen(answer));
	return !strcasestr(f.head, "Connection: close");
}

static void count_connection(struct fake_http *s)
{
	pthread_mutex_lock(&s->lock);
	s->facts.connections++;
	s->facts.resumed += s->ssl && SSL_session_reused(s->ssl);
	pthread_mutex_unlock(&s->lock);
}

static void serve_connection(struct fake_http *s)
{
	bool open = true;

	if (s->tls) {
		s->ssl = SSL_new(s->tls);
		must(s->ssl && SSL_set_fd(s->ssl, s->fd));
		open = SSL_accept(s->ssl) == 1;
	}
	count_connection(s);
	while (open && serve_request(s))
		;
	if (s->ssl) {
		if (open)
			SSL_shutdown(s->ssl);
		SSL_free(s->ssl);
	}
	s->ssl = NULL;
}

static void *serve(void *context)
{
	struct fake_http *s = context;

	while (wait_for(s, s->listener)) {
		s->fd = accept(s->listener, NULL, NULL);
		must(s->fd >= 0);
		serve_connection(s);
		close(s->fd);
	}
	return NULL;
}

/* --- the test's thread -----------------------------------------------------
 */

static SSL_CTX *make_tls(const struct fake_http_script *script)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());

	must(tls &&
	     SSL_CTX_use_certificate_chain_file(tls, script->cert) == 1 &&
	     SSL_CTX_use_PrivateKey_file(tls, script->key, SSL_FILETYPE_PEM) ==
		     1);
	return tls;
}

struct fake_http *fake_http_open(const struct fake_http_script *script)
{
	struct fake_http *s = calloc(1, sizeof(*s));
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof(address);

	must(s);
	signal(SIGPIPE, SIG_IGN); /* TLS writes without MSG_NOSIGNAL */
	s->script = *script;
	s->tls = script->cert ? make_tls(script) : NULL;
	s->stop = eventfd(0, EFD_CLOEXEC);
	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(s->stop >= 0 && s->listener >= 0);
	must(!bind(s->listener, (struct sockaddr *)&address, size));
	must(!listen(s->listener, 8));
	must(!getsockname(s->listener, (struct sockaddr *)&address, &size));
	s->port = ntohs(address.sin_port);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->heard, NULL);
	must(!pthread_create(&s->thread, NULL, serve, s));
	return s;
}

void fake_http_close(struct fake_http **server)
{
	struct fake_http *s = *server;

	*server = NULL;
	if (!s)
		return;
	must(!eventfd_write(s->stop, 1));
	pthread_join(s->thread, NULL);
	close(s->listener);
	close(s->stop);
	SSL_CTX_free(s->tls);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->heard);
	free(s);
}

int fake_http_port(const struct fake_http *s)
{
	return s->port;
}

struct fake_http_facts fake_http_facts(struct fake_http *s)
{
	struct fake_http_facts facts;

	pthread_mutex_lock(&s->lock);
	facts = s->facts;
	pthread_mutex_unlock(&s->lock);
	return facts;
}

bool fake_http_hears(struct fake_http *s, int requests)
{
	struct timespec until;
	int err = 0;
	bool heard;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_S;
	pthread_mutex_lock(&s->lock);
	while (!(heard = s->facts.requests >= requests) && !err)
		err = pthread_cond_timedwait(&s->heard, &s->lock, &until);
	pthread_mutex_unlock(&s->lock);
	return heard;
}
