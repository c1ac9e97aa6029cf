/* SPDX-License-Identifier: MIT */
#include "device/status/json_read.h"

#include <errno.h>
#include <string.h>

#include <libwebsockets.h>

struct reader {
	bool (*take)(void *context, const char *path, enum json_kind kind,
		     const char *value);
	void *context;
	size_t length;
	char text[JSON_READ_TEXT_SIZE]; /* it comes in pieces */
};

static void append(struct reader *r, const char *piece, size_t n)
{
	size_t room = sizeof(r->text) - 1 - r->length;

	if (n > room)
		n = room;
	memcpy(r->text + r->length, piece, n);
	r->length += n;
	r->text[r->length] = '\0';
}

static signed char give(struct reader *r, const struct lejp_ctx *ctx,
			enum json_kind kind, const char *value)
{
	return r->take(r->context, ctx->path, kind, value) ? 0 : -1;
}

static signed char parsed(struct lejp_ctx *ctx, char reason)
{
	struct reader *r = ctx->user;

	switch (reason) {
	case LEJPCB_VAL_STR_START:
		r->length = 0;
		return 0;
	case LEJPCB_VAL_STR_CHUNK:
		append(r, ctx->buf, ctx->npos);
		return 0;
	case LEJPCB_VAL_STR_END:
		append(r, ctx->buf, ctx->npos);
		return give(r, ctx, JSON_TEXT, r->text);
	case LEJPCB_VAL_NUM_INT:
		return give(r, ctx, JSON_INTEGER, ctx->buf);
	case LEJPCB_VAL_TRUE:
		return give(r, ctx, JSON_BOOL, "true");
	case LEJPCB_VAL_FALSE:
		return give(r, ctx, JSON_BOOL, "false");
	case LEJPCB_VAL_NUM_FLOAT:
	case LEJPCB_VAL_NULL:
		return give(r, ctx, JSON_OTHER, "");
	default:
		return 0;
	}
}

int json_read(const char *text,
	      bool (*take)(void *context, const char *path, enum json_kind kind,
			   const char *value),
	      void *context)
{
	struct reader r = { .take = take, .context = context };
	size_t n = strlen(text);
	struct lejp_ctx ctx;
	int left;

	lejp_construct(&ctx, parsed, &r, NULL, 0);
	left = lejp_parse(&ctx, (const unsigned char *)text, (int)n);
	lejp_destruct(&ctx);
	if (left < 0 || strspn(text + n - left, " \r\n") != (size_t)left)
		return -EPROTO;
	return 0;
}
