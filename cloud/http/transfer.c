/* SPDX-License-Identifier: MIT */
#include "cloud/http/transfer.h"

#include <assert.h>
#include <errno.h>
#include <libwebsockets.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "cloud/http/reply.h"
#include "cloud/http/wsi.h"

#define MAX_RUNS 32 /* of memory in one sendmsg(); a segment has fewer */

enum transport transfer_transport(struct lws *wsi)
{
	if (lws_get_network_wsi(wsi) != wsi)
		return TRANSPORT_H2;
	return lws_is_ssl(wsi) ? TRANSPORT_TLS : TRANSPORT_PLAIN;
}

void transfer_begin(struct transfer *t, enum transport transport,
		    struct reply *reply, bool head_only)
{
	assert(!t->reply);
	*t = (struct transfer){
		.transport = transport,
		.reply = reply,
		.size = head_only ? reply->head_size : reply_size(reply),
	};
}

void transfer_end(struct transfer *t)
{
	reply_release(&t->reply);
}

/* --- HTTP/1.1 --- */

static enum transfer_state continue_plain(struct transfer *t, struct lws *wsi)
{
	struct iovec runs[MAX_RUNS];
	struct msghdr message = { .msg_iov = runs };
	size_t at = t->offset;
	ssize_t n;

	while (at < t->size && message.msg_iovlen < MAX_RUNS) {
		struct iovec *run = &runs[message.msg_iovlen++];

		run->iov_base = reply_run(t->reply, at, &run->iov_len);
		if (run->iov_len > t->size - at)
			run->iov_len = t->size - at;
		at += run->iov_len;
	}
	n = sendmsg(lws_get_socket_fd(wsi), &message,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return TRANSFER_FAILED;
	if (n > 0)
		t->offset += (size_t)n;
	return t->offset == t->size ? TRANSFER_DONE : TRANSFER_MORE;
}

static enum transfer_state continue_tls(struct transfer *t, struct lws *wsi)
{
	uint8_t copy[LWS_PRE + TRANSFER_WRITE];
	size_t n = t->size - t->offset, run;
	uint8_t *at;

	if (n == 0) /* only what lws still had to send */
		return lws_partial_buffered(wsi) ? TRANSFER_MORE
						 : TRANSFER_DONE;
	if (n > TRANSFER_WRITE)
		n = TRANSFER_WRITE;
	at = reply_run(t->reply, t->offset, &run);
	if (run < n) {
		at = copy + LWS_PRE;
		reply_copy(t->reply, t->offset, at, n);
	}
	if (lws_write(wsi, at, n, LWS_WRITE_HTTP) != (int)n)
		return TRANSFER_FAILED;
	t->offset += n;
	if (t->offset == t->size && !lws_partial_buffered(wsi))
		return TRANSFER_DONE;
	return TRANSFER_MORE;
}

/* --- HTTP/2 --- */

/* One line of the rendered head, without its CRLF, as a header field. */
static int add_field(struct lws *wsi, const char *line, size_t size,
		     uint8_t **at, uint8_t *end)
{
	const char *colon = memchr(line, ':', size);
	size_t n = colon ? (size_t)(colon + 1 - line) : 0;
	char name[64];

	assert(n && n < sizeof(name) && n + 1 <= size);
	memcpy(name, line, n);
	name[n] = '\0';
	return lws_add_http_header_by_name(wsi, (const uint8_t *)name,
					   (const uint8_t *)colon + 2,
					   (int)(size - n - 1), at, end);
}

static int add_fields(struct lws *wsi, const struct reply *reply, uint8_t **at,
		      uint8_t *end)
{
	const char *line = (const char *)reply->head;
	const char *last = line + reply->head_size - 2; /* the empty line */
	const char *next;

	if (lws_add_http_header_status(wsi, reply->status, at, end))
		return -1;
	line = (const char *)memchr(line, '\n', (size_t)(last - line)) + 1;
	for (; line < last; line = next) {
		next = (const char *)memchr(line, '\n', (size_t)(last - line)) +
		       1;
		/* RFC 9113 8.2.2: there is no such field in HTTP/2 */
		if (strncmp(line, "Connection:", 11) == 0)
			continue;
		if (add_field(wsi, line, (size_t)(next - line) - 2, at, end))
			return -1;
	}
	return lws_finalize_http_header(wsi, at, end);
}

static enum transfer_state send_h2_head(struct transfer *t, struct lws *wsi)
{
	uint8_t fields[LWS_PRE + 2 * REPLY_MAX_HEAD];
	uint8_t *start = fields + LWS_PRE, *at = start;
	int how = LWS_WRITE_HTTP_HEADERS;

	if (add_fields(wsi, t->reply, &at, fields + sizeof(fields)))
		return TRANSFER_FAILED;
	t->offset = t->reply->head_size;
	t->head_sent = true;
	if (t->offset == t->size)
		how |= LWS_WRITE_H2_STREAM_END;
	if (lws_write(wsi, start, (size_t)(at - start),
		      (enum lws_write_protocol)how) < 0)
		return TRANSFER_FAILED;
	return t->offset == t->size ? TRANSFER_DONE : TRANSFER_MORE;
}

static enum transfer_state send_h2_frame(struct transfer *t, struct lws *wsi)
{
	uint8_t frame[LWS_PRE + TRANSFER_WRITE];
	int64_t allowed = (int64_t)lws_get_peer_write_allowance(wsi);
	size_t n = t->size - t->offset;
	bool all;

	/* WINDOW_UPDATE makes every stream of a connection writable. */
	if (allowed <= 0)
		return TRANSFER_BLOCKED;
	if (n > (size_t)allowed)
		n = (size_t)allowed;
	if (n > TRANSFER_WRITE)
		n = TRANSFER_WRITE;
	reply_copy(t->reply, t->offset, frame + LWS_PRE, n);
	t->offset += n;
	all = t->offset == t->size;
	if (lws_write(wsi, frame + LWS_PRE, n,
		      all ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < 0)
		return TRANSFER_FAILED;
	return all ? TRANSFER_DONE : TRANSFER_MORE;
}

static enum transfer_state continue_h2(struct transfer *t, struct lws *wsi)
{
	return t->head_sent ? send_h2_frame(t, wsi) : send_h2_head(t, wsi);
}

enum transfer_state transfer_continue(struct transfer *t, struct lws *wsi,
				      bool *taken)
{
	size_t before = t->offset;
	enum transfer_state state;

	if (t->offset == 0)
		reply_set_date(t->reply, wsi_date());
	if (t->transport == TRANSPORT_PLAIN)
		state = continue_plain(t, wsi);
	else if (t->transport == TRANSPORT_TLS)
		state = continue_tls(t, wsi);
	else
		state = continue_h2(t, wsi);
	*taken = t->offset != before;
	return state;
}
