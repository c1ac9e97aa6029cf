/* SPDX-License-Identifier: MIT */
#include "device/uplink/https.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <curl/curl.h>

#include "common/log.h"

#define DEADLINE_MS	   10000
#define CONNECT_MS	   10000
#define NOT_SENT_BYTES	   (128 << 10) /* uplink.c says why */
#define POLL_MS		   1000	       /* libcurl has timers of its own, too */
#define STATUS_PROXY_LOGIN 407

/*
 * What OpenSSL says about a certificate, from its x509_vfy.h. Libcurl looks at
 * the name before it asks for that, and then leaves it unspecified.
 */
enum { FINE = 0, UNSPECIFIED = 1, NOT_YET_VALID = 9, EXPIRED = 10 };

struct https {
	CURL *easy;
	CURLM *multi;
	char *ca_file;
	atomic_bool aborted;
	struct curl_slist *headers;
	bool too_large;
	size_t head_size, body_size;
	uint8_t body[HTTPS_MAX_ANSWER + 1]; /* and a zero behind it */
	char host[256];
	char why[512];
	char detail[CURL_ERROR_SIZE];
};

/* --- what has gone wrong ---------------------------------------------------
 */

static const char *detail(const struct https *h, CURLcode code,
			  char out[static 160])
{
	const char *text = h->detail[0] ? h->detail : curl_easy_strerror(code);

	return log_escape(out, 160, text, strcspn(text, "\r\n"));
}

static const char *certificate_reason(long verdict)
{
	switch (verdict) {
	case FINE:
	case UNSPECIFIED:
		return "its certificate is for another name: is the address "
		       "right, or does a login page of this network answer "
		       "instead?";
	case NOT_YET_VALID:
		return "its certificate is not yet valid: is the clock of this "
		       "machine right?";
	case EXPIRED:
		return "its certificate has expired, or the clock of this "
		       "machine is wrong";
	default:
		return "nobody trusted here vouches for its certificate: is it "
		       "to be trusted (--ca-file), or does something on the "
		       "way answer instead?";
	}
}

static int untrusted(struct https *h)
{
	long verdict = 0;
	time_t now = time(NULL);
	struct tm tm;
	char date[32] = "";

	curl_easy_getinfo(h->easy, CURLINFO_SSL_VERIFYRESULT, &verdict);
	if ((verdict == NOT_YET_VALID || verdict == EXPIRED) &&
	    gmtime_r(&now, &tm))
		strftime(date, sizeof(date), " (it says %F %H:%M UTC)", &tm);
	snprintf(h->why, sizeof(h->why), "%s: %s%s", h->host,
		 certificate_reason(verdict), date);
	return -EKEYREJECTED;
}

static int timed_out(struct https *h, long deadline_ms)
{
	double connected = 0;

	curl_easy_getinfo(h->easy, CURLINFO_PRETRANSFER_TIME, &connected);
	snprintf(h->why, sizeof(h->why),
		 connected > 0 ? "%s: no answer within %ld s, or the line is "
				 "too slow; trying again"
			       : "%s: no connection within %ld s: is the "
				 "network up?",
		 h->host, (deadline_ms + 999) / 1000);
	return -ETIMEDOUT;
}

static int unconnected(struct https *h)
{
	long err = 0;

	curl_easy_getinfo(h->easy, CURLINFO_OS_ERRNO, &err);
	if (err <= 0)
		err = ECONNREFUSED;
	snprintf(h->why, sizeof(h->why),
		 "%s: no connection: %s; is it running, and host and port "
		 "right?",
		 h->host, strerror((int)err));
	return -(int)err;
}

static int proxy_login(struct https *h)
{
	snprintf(h->why, sizeof(h->why),
		 "%s: the proxy on the way wants a password, or another one: "
		 "give it as http://USER:PASSWORD@PROXY/ in http_proxy or "
		 "https_proxy",
		 h->host);
	return -EACCES;
}

static int proxy_refused(struct https *h, long status)
{
	snprintf(h->why, sizeof(h->why),
		 "%s: the proxy on the way answers %ld to it: does it let this "
		 "host and port through?",
		 h->host, status);
	return -EACCES;
}

static int other(struct https *h, CURLcode code, int err)
{
	char text[160];

	snprintf(h->why, sizeof(h->why), "%s: %s", h->host,
		 detail(h, code, text));
	return err;
}

static int failed(struct https *h, CURLcode code, long deadline_ms)
{
	long proxy = 0;

	if (atomic_load(&h->aborted)) {
		snprintf(h->why, sizeof(h->why), "%s: given up", h->host);
		return -ECANCELED;
	}
	if (h->too_large) {
		snprintf(h->why, sizeof(h->why),
			 "%s: its answer is longer than any of ours: is the "
			 "address right?",
			 h->host);
		return -EMSGSIZE;
	}
	curl_easy_getinfo(h->easy, CURLINFO_HTTP_CONNECTCODE, &proxy);
	if (proxy == STATUS_PROXY_LOGIN)
		return proxy_login(h);
	if (proxy >= 300)
		return proxy_refused(h, proxy);
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		snprintf(h->why, sizeof(h->why),
			 "%s: no such name%s, or no name server answers: is "
			 "the network up, and the name right?",
			 h->host,
			 code == CURLE_COULDNT_RESOLVE_PROXY ? " as its proxy's"
							     : "");
		return -EHOSTUNREACH;
	case CURLE_COULDNT_CONNECT:
		return unconnected(h);
	case CURLE_OPERATION_TIMEDOUT:
		return timed_out(h, deadline_ms);
	case CURLE_PEER_FAILED_VERIFICATION:
		return untrusted(h);
	case CURLE_SSL_CACERT_BADFILE:
		return other(h, code, -EKEYREJECTED);
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_GOT_NOTHING:
		return other(h, code, -EPROTO);
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
		return other(h, code, -ECONNRESET);
	case CURLE_OUT_OF_MEMORY:
		return other(h, code, -ENOMEM);
	default:
		return other(h, code, -EIO);
	}
}

/* An answer is none of the kind that was hoped for. */
static void explain(struct https *h, const struct https_answer *a)
{
	char text[160];

	if (a->status >= 300 && a->status < 400)
		snprintf(h->why, sizeof(h->why),
			 "%s: points elsewhere (%d%s%s), where nothing of ours "
			 "goes: is the address right, or does this network "
			 "want a login first?",
			 h->host, a->status, a->redirect ? ", to " : "",
			 a->redirect
				 ? log_escape(text, sizeof(text), a->redirect,
					      strlen(a->redirect))
				 : "");
	else
		snprintf(h->why, sizeof(h->why), "%s: it answers %d%s%s",
			 h->host, a->status, a->body_size ? ": " : "",
			 log_escape(text, sizeof(text), (const char *)a->body,
				    strcspn((const char *)a->body, "\r\n")));
}

/* --- what libcurl calls ----------------------------------------------------
 */

static size_t take_head(char *bytes, size_t size, size_t n, void *context)
{
	struct https *h = context;

	(void)bytes;
	h->head_size += size * n;
	h->too_large = h->too_large || h->head_size > HTTPS_MAX_HEAD;
	return h->too_large ? 0 : size * n;
}

static size_t take_body(char *bytes, size_t size, size_t n, void *context)
{
	struct https *h = context;

	n *= size;
	if (n > HTTPS_MAX_ANSWER - h->body_size) {
		h->too_large = true;
		return 0;
	}
	memcpy(h->body + h->body_size, bytes, n);
	h->body_size += n;
	return n;
}

/* What waits here is still ours to replace; in the kernel it is not. */
static int prepare_socket(void *context, curl_socket_t fd, curlsocktype purpose)
{
	int bytes = NOT_SENT_BYTES;

	(void)context;
	(void)purpose;
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof(bytes));
	return CURL_SOCKOPT_OK;
}

/* --- a request -------------------------------------------------------------
 */

static bool is_loopback(const char *host)
{
	return !strcasecmp(host, "localhost") || !strcmp(host, "[::1]") ||
	       (!strncmp(host, "127.", 4) &&
		strspn(host, "0123456789.") == strlen(host));
}

/* Reads the host; what has a password in it would end up in logs. */
static int read_url(struct https *h, const char *text)
{
	CURLU *url = curl_url();
	char *host = NULL;
	int err = -EINVAL;

	if (!url)
		return -ENOMEM;
	h->host[0] = '\0';
	if (!curl_url_set(url, CURLUPART_URL, text, CURLU_DISALLOW_USER) &&
	    !curl_url_get(url, CURLUPART_HOST, &host, 0)) {
		log_escape(h->host, sizeof(h->host), host, strlen(host));
		err = 0;
	}
	curl_free(host);
	curl_url_cleanup(url);
	if (err)
		snprintf(h->why, sizeof(h->why),
			 "the address cannot be read: it is "
			 "https://HOST[:PORT]/PATH, without a password");
	return err;
}

/* A header is one line. */
static int add_header(struct https *h, const char *name, const char *value)
{
	struct curl_slist *longer;
	char *line;

	if (strpbrk(value, "\r\n"))
		return -EINVAL;
	if (asprintf(&line, "%s%s", name, value) < 0)
		return -ENOMEM;
	longer = curl_slist_append(h->headers, line);
	explicit_bzero(line, strlen(line));
	free(line);
	if (!longer)
		return -ENOMEM;
	h->headers = longer;
	return 0;
}

static void forget_headers(struct https *h)
{
	for (struct curl_slist *s = h->headers; s; s = s->next)
		explicit_bzero(s->data, strlen(s->data));
	curl_slist_free_all(h->headers);
	h->headers = NULL;
}

/* None of those that libcurl would add by itself: a proxy on the way, or a
 * small server, may not know how to answer "Expect". */
static int make_headers(struct https *h, const struct https_request *r)
{
	int err = add_header(h, "Expect:", "");

	if (!err)
		err = add_header(h, "Accept:", "");
	if (!err && r->body)
		err = add_header(h, "Content-Type:", "");
	for (size_t i = 0; !err && r->headers && r->headers[i]; i++)
		err = add_header(h, r->headers[i], "");
	if (!err && r->close)
		err = add_header(h, "Connection: close", "");
	if (!err && r->authorization)
		err = add_header(h, "Authorization: ", r->authorization);
	if (err == -EINVAL)
		snprintf(h->why, sizeof(h->why),
			 "%s: a header must be one line", h->host);
	return err;
}

#define SET(...)                                                               \
	(failure = failure ? failure : curl_easy_setopt(h->easy, __VA_ARGS__))

static int set_transport(struct https *h)
{
	CURLcode failure = CURLE_OK;

	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_QUICK_EXIT, 1L); /* waits for no dead name server */
	SET(CURLOPT_SOCKOPTFUNCTION, prepare_socket);
	SET(CURLOPT_HEADERFUNCTION, take_head);
	SET(CURLOPT_HEADERDATA, h);
	SET(CURLOPT_WRITEFUNCTION, take_body);
	SET(CURLOPT_WRITEDATA, h);
	SET(CURLOPT_ERRORBUFFER, h->detail);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	if (is_loopback(h->host))
		SET(CURLOPT_PROXY, "");
	if (h->ca_file) {
		SET(CURLOPT_CAINFO, h->ca_file);
		SET(CURLOPT_CAPATH, NULL); /* the system's, by default */
	}
	return failure ? -ENOMEM : 0;
}

static int set_request(struct https *h, const struct https_request *r,
		       long deadline_ms)
{
	CURLcode failure = CURLE_OK;

	SET(CURLOPT_URL, r->url);
	SET(CURLOPT_HTTPHEADER, h->headers);
	if (r->body) {
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body_size);
		SET(CURLOPT_POSTFIELDS, r->body);
	}
	SET(CURLOPT_CUSTOMREQUEST, r->method);
	SET(CURLOPT_TIMEOUT_MS, deadline_ms);
	if (r->stall_s) {
		SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
		SET(CURLOPT_LOW_SPEED_TIME, (long)r->stall_s);
	}
	SET(CURLOPT_FORBID_REUSE, (long)r->close);
	return failure ? -ENOMEM : 0;
}

/* Runs the transfer to its end, or up to https_abort(). */
static CURLcode transfer(struct https *h)
{
	CURLcode code = CURLE_ABORTED_BY_CALLBACK;
	int running = 1, left;
	CURLMsg *message;

	if (curl_multi_add_handle(h->multi, h->easy) != CURLM_OK)
		return CURLE_OUT_OF_MEMORY;
	while (running && !atomic_load(&h->aborted)) {
		if (curl_multi_perform(h->multi, &running) != CURLM_OK)
			break;
		if (running)
			curl_multi_poll(h->multi, NULL, 0, POLL_MS, NULL);
	}
	while ((message = curl_multi_info_read(h->multi, &left)))
		if (message->msg == CURLMSG_DONE)
			code = message->data.result;
	curl_multi_remove_handle(h->multi, h->easy);
	return code;
}

static void read_answer(struct https *h, struct https_answer *out)
{
	long status = 0, connects = 0, head = 0, request = 0;
	curl_off_t retry_after = 0, sent = 0;
	char *redirect = NULL;

	curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(h->easy, CURLINFO_RETRY_AFTER, &retry_after);
	curl_easy_getinfo(h->easy, CURLINFO_REDIRECT_URL, &redirect);
	curl_easy_getinfo(h->easy, CURLINFO_NUM_CONNECTS, &connects);
	curl_easy_getinfo(h->easy, CURLINFO_REQUEST_SIZE, &request);
	curl_easy_getinfo(h->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
	curl_easy_getinfo(h->easy, CURLINFO_HEADER_SIZE, &head);
	h->body[h->body_size] = '\0';
	*out = (struct https_answer){
		.status = (int)status,
		.body = h->body,
		.body_size = h->body_size,
		.retry_after_s = retry_after > 86400 ? 86400 : (int)retry_after,
		.redirect = redirect,
		.reused = connects == 0,
		.sent = (size_t)request + (size_t)sent,
		.received = (size_t)head + h->body_size,
	};
}

static int ask(struct https *h, const struct https_request *r,
	       struct https_answer *out)
{
	long deadline_ms = r->deadline_ms ? r->deadline_ms : DEADLINE_MS;
	CURLcode code;
	int err;

	if ((err = read_url(h, r->url)) < 0 || (err = make_headers(h, r)) < 0 ||
	    (err = set_transport(h)) < 0 ||
	    (err = set_request(h, r, deadline_ms)) < 0)
		return err;
	code = transfer(h);
	if (code)
		return failed(h, code, deadline_ms);
	read_answer(h, out);
	if (out->status == STATUS_PROXY_LOGIN)
		return proxy_login(h);
	if (out->status < 200 || out->status >= 300)
		explain(h, out);
	return 0;
}

int https_request(struct https *h, const struct https_request *request,
		  struct https_answer *out)
{
	int err;

	*out = (struct https_answer){ 0 };
	h->too_large = false;
	h->head_size = h->body_size = 0;
	h->why[0] = h->detail[0] = '\0';
	curl_easy_reset(h->easy); /* keeps connection, session and names */
	err = ask(h, request, out);
	forget_headers(h);
	return err;
}

const char *https_why(const struct https *h)
{
	return h->why;
}

const char *https_header(const struct https *h, const char *name)
{
	struct curl_header *header;

	if (curl_easy_header(h->easy, name, 0, CURLH_HEADER, -1, &header))
		return NULL;
	return header->value;
}

/* --- waiting ---------------------------------------------------------------
 */

void https_wait(struct https *h, int timeout_ms)
{
	if (!atomic_load(&h->aborted))
		curl_multi_poll(h->multi, NULL, 0, timeout_ms, NULL);
}

void https_wake(struct https *h)
{
	curl_multi_wakeup(h->multi);
}

void https_abort(struct https *h)
{
	atomic_store(&h->aborted, true);
	curl_multi_wakeup(h->multi);
}

/* --- opening ---------------------------------------------------------------
 */

int https_open(struct https **out, const char *ca_file)
{
	struct https *h;

	*out = NULL;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return -ENOMEM;
	h = calloc(1, sizeof(*h));
	if (!h) {
		curl_global_cleanup();
		return -ENOMEM;
	}
	h->easy = curl_easy_init();
	h->multi = curl_multi_init();
	h->ca_file = ca_file ? strdup(ca_file) : NULL;
	if (!h->easy || !h->multi || (ca_file && !h->ca_file))
		goto fail;
	*out = h;
	return 0;

fail:
	https_close(&h);
	return -ENOMEM;
}

void https_close(struct https **https)
{
	struct https *h = *https;

	*https = NULL;
	if (!h)
		return;
	if (h->easy)
		curl_easy_cleanup(h->easy);
	if (h->multi)
		curl_multi_cleanup(h->multi);
	forget_headers(h);
	free(h->ca_file);
	free(h);
	curl_global_cleanup();
}
