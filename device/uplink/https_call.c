/* SPDX-License-Identifier: MIT */
#include "device/uplink/https_call.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/log.h"
#include "device/uplink/https_failure.h"

#define DEADLINE_MS    10000
#define CONNECT_MS     10000
#define NOT_SENT_BYTES (16 << 10) /* connection.c says why */

struct https_call {
	CURLM *multi;
	CURL *easy;
	struct https_sockets *sockets; /* of all calls */
	uint16_t local_port;	       /* of this one's; 0: none yet */
	const char *ca_file;	       /* or NULL */
	bool busy;
	int result;
	struct https_answer answer;
	long deadline_ms;
	struct curl_slist *headers;
	bool too_large;
	size_t head_size, body_size;
	uint8_t body[HTTPS_MAX_ANSWER + 1]; /* and a zero behind it */
	char host[256];
	char detail[CURL_ERROR_SIZE];
	char why[HTTPS_WHY_SIZE];
};

int https_call_make(struct https_call **out, CURLM *multi,
		    struct https_sockets *sockets, const char *ca_file)
{
	struct https_call *c = calloc(1, sizeof(*c));

	*out = NULL;
	if (!c)
		return -ENOMEM;
	c->multi = multi;
	c->sockets = sockets;
	c->ca_file = ca_file;
	c->result = -ECANCELED;
	c->easy = curl_easy_init();
	if (!c->easy) {
		https_call_close(&c);
		return -ENOMEM;
	}
	*out = c;
	return 0;
}

/* They may hold a key. */
static void forget_headers(struct https_call *c)
{
	for (struct curl_slist *s = c->headers; s; s = s->next)
		explicit_bzero(s->data, strlen(s->data));
	curl_slist_free_all(c->headers);
	c->headers = NULL;
}

void https_call_close(struct https_call **call)
{
	struct https_call *c = *call;

	*call = NULL;
	if (!c)
		return;
	https_call_cancel(c);
	forget_headers(c);
	if (c->easy)
		curl_easy_cleanup(c->easy);
	free(c);
}

/* --- what libcurl calls ----------------------------------------------------
 */

static size_t take_head(char *bytes, size_t size, size_t n, void *context)
{
	struct https_call *c = context;

	(void)bytes;
	c->head_size += size * n;
	c->too_large = c->too_large || c->head_size > HTTPS_MAX_HEAD;
	return c->too_large ? 0 : size * n;
}

static size_t take_body(char *bytes, size_t size, size_t n, void *context)
{
	struct https_call *c = context;

	n *= size;
	if (n > HTTPS_MAX_ANSWER - c->body_size) {
		c->too_large = true;
		return 0;
	}
	memcpy(c->body + c->body_size, bytes, n);
	c->body_size += n;
	return n;
}

/* What waits here is still ours to replace; in the kernel it is not. */
static int prepare_socket(void *context, curl_socket_t fd, curlsocktype purpose)
{
	const struct https_call *c = context;
	int bytes = NOT_SENT_BYTES;

	(void)purpose;
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof(bytes));
	https_sockets_add(c->sockets, fd);
	return CURL_SOCKOPT_OK;
}

/* There is a connection, new or not, and the request goes now. */
static int note_socket(void *context, char *to, char *from, int to_port,
		       int from_port)
{
	struct https_call *c = context;

	(void)to;
	(void)from;
	(void)to_port;
	c->local_port = (uint16_t)from_port;
	return CURL_PREREQFUNC_OK;
}

/* --- its beginning ---------------------------------------------------------
 */

static bool is_loopback(const char *host)
{
	return !strcasecmp(host, "localhost") || !strcmp(host, "[::1]") ||
	       (!strncmp(host, "127.", 4) &&
		strspn(host, "0123456789.") == strlen(host));
}

/* Reads the host; what has a password in it would end up in logs. */
static int read_url(struct https_call *c, const char *text)
{
	CURLU *url = curl_url();
	char *host = NULL;
	int err = -EINVAL;

	if (!url)
		return -ENOMEM;
	c->host[0] = '\0';
	if (!curl_url_set(url, CURLUPART_URL, text, CURLU_DISALLOW_USER) &&
	    !curl_url_get(url, CURLUPART_HOST, &host, 0)) {
		log_escape(c->host, sizeof(c->host), host, strlen(host));
		err = 0;
	}
	curl_free(host);
	curl_url_cleanup(url);
	if (err)
		snprintf(c->why, sizeof(c->why),
			 "the address cannot be read: it is "
			 "https://HOST[:PORT]/PATH, without a password");
	return err;
}

/* A header is one line. */
static int add_header(struct https_call *c, const char *name, const char *value)
{
	struct curl_slist *longer;
	char *line;

	if (strpbrk(value, "\r\n")) {
		snprintf(c->why, sizeof(c->why),
			 "%s: a header must be one line", c->host);
		return -EINVAL;
	}
	if (asprintf(&line, "%s%s", name, value) < 0)
		return -ENOMEM;
	longer = curl_slist_append(c->headers, line);
	explicit_bzero(line, strlen(line));
	free(line);
	if (!longer)
		return -ENOMEM;
	c->headers = longer;
	return 0;
}

/*
 * None of those that libcurl would add by itself: a proxy on the way, or a
 * small server, may not know how to answer "Expect".
 */
static int make_headers(struct https_call *c, const struct https_request *r)
{
	int err = add_header(c, "Expect:", "");

	if (!err)
		err = add_header(c, "Accept:", "");
	if (!err && r->body)
		err = add_header(c, "Content-Type:", "");
	for (size_t i = 0; !err && r->headers && r->headers[i]; i++)
		err = add_header(c, r->headers[i], "");
	if (!err && r->close)
		err = add_header(c, "Connection: close", "");
	if (!err && r->authorization)
		err = add_header(c, "Authorization: ", r->authorization);
	return err;
}

#define SET(...)                                                               \
	(failure = failure ? failure : curl_easy_setopt(c->easy, __VA_ARGS__))

static int set_transport(struct https_call *c)
{
	CURLcode failure = CURLE_OK;

	SET(CURLOPT_PRIVATE, c);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_QUICK_EXIT, 1L); /* waits for no dead name server */
	SET(CURLOPT_SOCKOPTFUNCTION, prepare_socket);
	SET(CURLOPT_SOCKOPTDATA, c);
	SET(CURLOPT_PREREQFUNCTION, note_socket);
	SET(CURLOPT_PREREQDATA, c);
	SET(CURLOPT_HEADERFUNCTION, take_head);
	SET(CURLOPT_HEADERDATA, c);
	SET(CURLOPT_WRITEFUNCTION, take_body);
	SET(CURLOPT_WRITEDATA, c);
	SET(CURLOPT_ERRORBUFFER, c->detail);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	if (is_loopback(c->host))
		SET(CURLOPT_PROXY, "");
	if (c->ca_file) {
		SET(CURLOPT_CAINFO, c->ca_file);
		SET(CURLOPT_CAPATH, NULL); /* the system's, by default */
	}
	return failure ? -ENOMEM : 0;
}

static int set_request(struct https_call *c, const struct https_request *r)
{
	CURLcode failure = CURLE_OK;

	SET(CURLOPT_URL, r->url);
	SET(CURLOPT_HTTPHEADER, c->headers);
	if (r->body) {
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body_size);
		SET(CURLOPT_POSTFIELDS, r->body);
	}
	SET(CURLOPT_CUSTOMREQUEST, r->method);
	SET(CURLOPT_TIMEOUT_MS, c->deadline_ms);
	if (r->stall_s) {
		SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
		SET(CURLOPT_LOW_SPEED_TIME, (long)r->stall_s);
	}
	SET(CURLOPT_FORBID_REUSE, (long)r->close);
	return failure ? -ENOMEM : 0;
}

void https_call_start(struct https_call *c, const struct https_request *r)
{
	int err;

	assert(!c->busy);
	c->answer = (struct https_answer){ 0 };
	c->deadline_ms = r->deadline_ms ? r->deadline_ms : DEADLINE_MS;
	c->too_large = false;
	c->head_size = c->body_size = 0;
	c->local_port = 0;
	c->why[0] = c->detail[0] = '\0';
	forget_headers(c);
	curl_easy_reset(c->easy); /* keeps the TLS session and names */
	if ((err = read_url(c, r->url)) < 0 || (err = make_headers(c, r)) < 0 ||
	    (err = set_transport(c)) < 0 || (err = set_request(c, r)) < 0) {
		c->result = err;
		return;
	}
	c->busy = curl_multi_add_handle(c->multi, c->easy) == CURLM_OK;
	c->result = c->busy ? -EINPROGRESS : -ENOMEM;
}

/* --- its end ---------------------------------------------------------------
 */

static void read_answer(struct https_call *c)
{
	long status = 0, connects = 0, head = 0, request = 0;
	curl_off_t retry_after = 0, sent = 0;
	char *redirect = NULL;

	curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(c->easy, CURLINFO_RETRY_AFTER, &retry_after);
	curl_easy_getinfo(c->easy, CURLINFO_REDIRECT_URL, &redirect);
	curl_easy_getinfo(c->easy, CURLINFO_NUM_CONNECTS, &connects);
	curl_easy_getinfo(c->easy, CURLINFO_REQUEST_SIZE, &request);
	curl_easy_getinfo(c->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
	curl_easy_getinfo(c->easy, CURLINFO_HEADER_SIZE, &head);
	c->body[c->body_size] = '\0';
	c->answer = (struct https_answer){
		.status = (int)status,
		.body = c->body,
		.body_size = c->body_size,
		.retry_after_s = retry_after > 86400 ? 86400 : (int)retry_after,
		.redirect = redirect,
		.reused = connects == 0,
		.sent = (size_t)request + (size_t)sent,
		.received = (size_t)head + c->body_size,
	};
}

static void forget(struct https_call *c)
{
	curl_multi_remove_handle(c->multi, c->easy);
	forget_headers(c);
	c->busy = false;
}

void https_call_ended(CURL *easy, CURLcode code)
{
	struct https_call *c = NULL;
	struct https_failure failure;

	curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&c);
	failure = (struct https_failure){
		.easy = easy,
		.host = c->host,
		.detail = c->detail,
		.deadline_ms = c->deadline_ms,
		.too_large = c->too_large,
		.why = c->why,
	};
	forget(c);
	if (code) {
		c->result = https_failure(&failure, code);
		return;
	}
	read_answer(c);
	c->result = https_failure_answer(&failure, &c->answer);
}

void https_call_cancel(struct https_call *c)
{
	if (!c->busy)
		return;
	forget(c);
	c->result = -ECANCELED;
	snprintf(c->why, sizeof(c->why), "%s: given up", c->host);
}

/* --- what is known of it ---------------------------------------------------
 */

bool https_call_is_busy(const struct https_call *c)
{
	return c->busy;
}

int https_call_result(struct https_call *c, struct https_answer *out)
{
	*out = c->answer;
	return c->result;
}

const char *https_call_why(const struct https_call *c)
{
	return c->why;
}

int https_call_socket(const struct https_call *c)
{
	return https_sockets_find(c->sockets, c->local_port);
}

const char *https_call_header(const struct https_call *c, const char *name)
{
	struct curl_header *header;

	if (curl_easy_header(c->easy, name, 0, CURLH_HEADER, -1, &header))
		return NULL;
	return header->value;
}
