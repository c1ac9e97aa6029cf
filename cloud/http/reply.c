/* SPDX-License-Identifier: MIT */
#include "cloud/http/reply.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct reason {
	int status;
	const char *text;
} reasons[] = {
	{ 200, "OK" },
	{ 204, "No Content" },
	{ 304, "Not Modified" },
	{ 308, "Permanent Redirect" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 409, "Conflict" },
	{ 410, "Gone" },
	{ 411, "Length Required" },
	{ 413, "Content Too Large" },
	{ 426, "Upgrade Required" },
	{ 429, "Too Many Requests" },
	{ 500, "Internal Server Error" },
	{ 503, "Service Unavailable" },
};

static const char *reason_of(int status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].text;
	assert(!"a status without a reason");
	return "";
}

/* Whether a body may follow a head with this status (RFC 9110 6.4.1). */
static bool has_body(int status)
{
	return status != 204 && status != 304;
}

static size_t all_memory;

/* Room for a head; grows by one line a call, and says where it stopped. */
struct head {
	char text[REPLY_MAX_HEAD];
	size_t size;
	size_t date;
};

__attribute__((format(printf, 2, 3))) static void add_line(struct head *head,
							   const char *format,
							   ...)
{
	size_t room = sizeof(head->text) - head->size;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(head->text + head->size, room, format, args);
	va_end(args);
	/* Whatever a peer has a say in was cut before it came here. */
	assert(n >= 0 && (size_t)n < room);
	head->size += (size_t)n;
}

static void render(struct head *head, const struct reply_params *params,
		   size_t body_size)
{
	head->size = 0;
	add_line(head, "HTTP/1.1 %d %s\r\nDate: ", params->status,
		 reason_of(params->status));
	head->date = head->size;
	add_line(head, "%*s\r\n", REPLY_DATE_SIZE, "");
	if (params->type)
		add_line(head, "Content-Type: %s\r\n", params->type);
	if (has_body(params->status))
		add_line(head, "Content-Length: %zu\r\n", body_size);
	if (params->cache)
		add_line(head, "Cache-Control: %s\r\n", params->cache);
	add_line(head, "Access-Control-Allow-Origin: *\r\n"
		       "X-Content-Type-Options: nosniff\r\n");
	if (!params->media)
		add_line(head, "Access-Control-Expose-Headers: Age, Date, "
			       "Oriel-State, Retry-After\r\n"
			       "Referrer-Policy: no-referrer\r\n");
	add_line(head, "%s\r\n", params->extra ? params->extra : "");
}

/* `bytes` of body follow the head in the same allocation. */
static struct reply *allocate(int status, const struct head *head,
			      size_t body_size, size_t pieces, size_t bytes)
{
	struct reply *r;
	size_t memory = sizeof(*r) + pieces * sizeof(*r->piece) + REPLY_FRONT +
			head->size + bytes;

	r = malloc(memory);
	if (!r)
		return NULL;
	*r = (struct reply){
		.holds = 1,
		.status = (uint16_t)status,
		.head_size = (uint16_t)head->size,
		.date = (uint16_t)head->date,
		.body_size = body_size,
		.memory = memory,
		.pieces = pieces,
		.piece = (struct reply **)(r + 1),
	};
	r->head = (uint8_t *)(r->piece + pieces) + REPLY_FRONT;
	memcpy(r->head, head->text, head->size);
	all_memory += memory;
	return r;
}

size_t reply_memory(void)
{
	return all_memory;
}

struct reply *reply_new(const struct reply_params *params, size_t body_size)
{
	struct head head;

	assert(!body_size || has_body(params->status));
	render(&head, params, body_size);
	return allocate(params->status, &head, body_size, 0, body_size);
}

struct reply *reply_new_body(const struct reply_params *params,
			     const void *body, size_t n)
{
	struct reply *r = reply_new(params, n);

	if (r && n)
		memcpy(reply_body(r), body, n);
	return r;
}

/* Their bodies behind a head of its own; each of them is held. */
static struct reply *chain(int status, const struct head *head, size_t size,
			   struct reply *const *piece, size_t count)
{
	struct reply *r = allocate(status, head, size, count, 0);

	for (size_t i = 0; r && i < count; i++)
		r->piece[i] = reply_hold(piece[i]);
	return r;
}

struct reply *reply_new_chain(const struct reply_params *params,
			      struct reply *const *piece, size_t count)
{
	struct head head;
	size_t size = 0;

	assert(count);
	for (size_t i = 0; i < count; i++) {
		assert(!piece[i]->pieces);
		size += piece[i]->body_size;
	}
	render(&head, params, size);
	return chain(params->status, &head, size, piece, count);
}

struct reply *reply_new_private(struct reply *r)
{
	/* Of the same length, so that nothing else moves. */
	static const char shared[] = "\r\nCache-Control: public, ";
	static const char own[] = "\r\nCache-Control: private,";
	struct head head = { .size = r->head_size, .date = r->date };
	char *at;

	_Static_assert(sizeof(shared) == sizeof(own), "not the same length");
	memcpy(head.text, r->head, r->head_size);
	at = memmem(head.text, head.size, shared, sizeof(shared) - 1);
	if (at)
		memcpy(at, own, sizeof(own) - 1);
	return chain(r->status, &head, r->body_size, r->pieces ? r->piece : &r,
		     r->pieces ? r->pieces : 1);
}

struct reply *reply_new_text(int status, const char *extra,
			     const char *sentence)
{
	const struct reply_params params = {
		.status = status,
		.type = "text/plain; charset=utf-8",
		.cache = "no-store",
		.extra = extra,
	};
	size_t n = strlen(sentence);
	struct reply *r = reply_new(&params, n + 1);

	if (r) {
		memcpy(reply_body(r), sentence, n);
		reply_body(r)[n] = '\n';
	}
	return r;
}

struct reply *reply_hold(struct reply *r)
{
	assert(r->holds);
	r->holds++;
	return r;
}

void reply_release(struct reply **reply)
{
	struct reply *r = *reply;

	*reply = NULL;
	if (!r)
		return;
	assert(r->holds);
	if (--r->holds)
		return;
	for (size_t i = 0; i < r->pieces; i++)
		reply_release(&r->piece[i]);
	all_memory -= r->memory;
	free(r);
}

uint8_t *reply_body(struct reply *r)
{
	assert(!r->pieces);
	return r->head + r->head_size;
}

size_t reply_size(const struct reply *r)
{
	return r->head_size + r->body_size;
}

uint8_t *reply_run(const struct reply *r, size_t offset, size_t *n)
{
	assert(offset < reply_size(r));
	if (!r->pieces) {
		*n = reply_size(r) - offset;
		return r->head + offset;
	}
	if (offset < r->head_size) {
		*n = r->head_size - offset;
		return r->head + offset;
	}
	offset -= r->head_size;
	for (size_t i = 0; i < r->pieces; i++) {
		struct reply *piece = r->piece[i];

		if (offset < piece->body_size) {
			*n = piece->body_size - offset;
			return reply_body(piece) + offset;
		}
		offset -= piece->body_size;
	}
	assert(!"the pieces are shorter than their sum");
	return NULL;
}

size_t reply_copy(const struct reply *r, size_t offset, uint8_t *out, size_t n)
{
	size_t done = 0;

	while (done < n && offset + done < reply_size(r)) {
		size_t run;
		const uint8_t *from = reply_run(r, offset + done, &run);

		if (run > n - done)
			run = n - done;
		memcpy(out + done, from, run);
		done += run;
	}
	return done;
}

void reply_set_date(struct reply *r, const char date[static REPLY_DATE_SIZE])
{
	memcpy(r->head + r->date, date, REPLY_DATE_SIZE);
}
