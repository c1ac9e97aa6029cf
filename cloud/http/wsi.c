/* SPDX-License-Identifier: MIT */
#include "cloud/http/wsi.h"

#include <libwebsockets.h>
#include <string.h>

#include "cloud/limit/guard.h"
#include "common/clock.h"

_Static_assert(LWS_PRE <= REPLY_FRONT, "lws writes in front of a reply");

static enum method read_method(struct lws *wsi, struct request *r)
{
	char *path = NULL;
	int n = 0;
	int method = lws_http_get_uri_and_method(wsi, &path, &n);

	r->path = path ? path : "";
	r->path_size = path && n > 0 ? (size_t)n : 0;
	switch (method) {
	case LWSHUMETH_GET:
	case LWSHUMETH_COLON_PATH:
		return METHOD_GET;
	case LWSHUMETH_HEAD:
		return METHOD_HEAD;
	case LWSHUMETH_OPTIONS:
		return METHOD_OPTIONS;
	case LWSHUMETH_POST:
		return METHOD_POST;
	default:
		return METHOD_OTHER;
	}
}

static const char *read_header(struct lws *wsi, char *out, int size,
			       enum lws_token_indexes token)
{
	/* Leaves nothing behind when it is too long, and 0 when absent. */
	if (lws_hdr_copy(wsi, out, size, token) <= 0)
		out[0] = '\0';
	return out;
}

static void read_query(struct lws *wsi, struct request *r)
{
	const enum lws_token_indexes token = WSI_TOKEN_HTTP_URI_ARGS;
	char argument[64];

	for (int i = 0;; i++) {
		int n = lws_hdr_copy_fragment(wsi, argument, sizeof(argument),
					      token, i);

		if (n >= 0) {
			if (blocking_parse(&r->directives, argument,
					   (size_t)n) < 0)
				r->bad = true;
		} else if (lws_hdr_fragment_length(wsi, token, i) <= 0) {
			return; /* and not just too long to be a directive */
		}
	}
}

/* Decimal digits and nothing else (RFC 9110 8.6); -1 for others. */
static int64_t read_length(struct lws *wsi)
{
	char text[20];
	int64_t length = 0;

	read_header(wsi, text, sizeof(text), WSI_TOKEN_HTTP_CONTENT_LENGTH);
	if (!text[0] || strlen(text) > 18)
		return -1;
	for (const char *c = text; *c; c++) {
		if (*c < '0' || *c > '9')
			return -1;
		length = length * 10 + (*c - '0');
	}
	return length;
}

static void read_body(struct lws *wsi, struct request *r)
{
	r->length = -1;
	if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING)) {
		r->body = true;
	} else if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH)) {
		r->length = read_length(wsi);
		r->body = r->length != 0;
	}
}

/* Who makes it too long to be read hides behind it, and is nobody's. */
static const char *read_forwarded(struct lws *wsi, char *out, int size)
{
	const enum lws_token_indexes token = WSI_TOKEN_X_FORWARDED_FOR;

	read_header(wsi, out, size, token);
	if (!out[0] && lws_hdr_total_length(wsi, token) > 0)
		memcpy(out, "?", 2);
	return out;
}

void wsi_read_request(struct lws *wsi, struct guard *guard,
		      struct wsi_request *out)
{
	struct request *r = &out->request;
	char accept[128];

	*r = (struct request){ 0 };
	r->method = read_method(wsi, r);
	read_body(wsi, r);
	read_query(wsi, r);
	r->gzip = request_takes_gzip(read_header(
		wsi, accept, sizeof(accept), WSI_TOKEN_HTTP_ACCEPT_ENCODING));
	r->authorization =
		read_header(wsi, out->authorization, sizeof(out->authorization),
			    WSI_TOKEN_HTTP_AUTHORIZATION);
	r->if_none_match =
		read_header(wsi, out->if_none_match, sizeof(out->if_none_match),
			    WSI_TOKEN_HTTP_IF_NONE_MATCH);
	read_header(wsi, out->protocols, sizeof(out->protocols),
		    WSI_TOKEN_PROTOCOL);
	guard_caller(
		guard, lws_get_network_wsi(wsi),
		read_forwarded(wsi, out->forwarded, sizeof(out->forwarded)),
		&r->from);
}

int wsi_refuse(struct lws *wsi, struct reply **reply)
{
	struct reply *r = *reply;

	if (r) {
		reply_set_date(r, wsi_date());
		lws_write(wsi, r->head, reply_size(r), LWS_WRITE_HTTP);
	}
	reply_release(reply);
	return -1;
}

const char *wsi_date(void)
{
	static char date[REPLY_DATE_SIZE + 1];
	static time_t written;
	time_t now = (time_t)(clock_wall_us() / 1000000);
	struct tm tm;

	if (now != written || !date[0]) {
		/* The names are those of the "C" locale, never set. */
		strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT",
			 gmtime_r(&now, &tm));
		written = now;
	}
	return date;
}
