/* SPDX-License-Identifier: MIT */
#include "cloud/store/playlist.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cloud/http/reply.h"
#include "cloud/store/gunzip.h"

#define TYPE  "application/vnd.apple.mpegurl"
#define FRESH "stale-while-revalidate=0"
/* Players of other origins look for the Age that a cache adds (appendix C). */
#define SHARED                                                                 \
	"Vary: Accept-Encoding\r\n"                                            \
	"Access-Control-Expose-Headers: Age\r\n"

/* Indexes of playlist.reply: a bit for each question. */
enum { GZIP = 1, BLOCKED = 2, DELTA = 4, REPLIES = 8 };

struct playlist {
	struct wire_playlist meta;
	bool ended;
	/* Never sent as they are: their bodies are pieces of the replies. */
	struct reply *text[REPLIES]; /* by GZIP and DELTA */
	struct reply *reply[REPLIES];
};

static const struct reply_params headless = { .status = 200 };

static int put_text(struct playlist *p, int kind, const uint8_t *gzip, size_t n)
{
	int64_t size = gunzip_size(gzip, n, WIRE_MAX_PLAIN);
	struct reply *plain;

	if (size < 0)
		return (int)size;
	p->text[kind | GZIP] = reply_new_body(&headless, gzip, n);
	p->text[kind] = plain = reply_new(&headless, (size_t)size);
	if (!p->text[kind | GZIP] || !plain)
		return -ENOMEM;
	return gunzip(reply_body(plain), (size_t)size, gzip, n);
}

int playlist_open(struct playlist **out, const struct wire_playlist *meta,
		  uint8_t flags, const uint8_t *body)
{
	struct playlist *p = calloc(1, sizeof(*p));
	int err;

	*out = NULL;
	if (!p)
		return -ENOMEM;
	p->meta = *meta;
	p->ended = flags & WIRE_ENDED;
	if ((err = put_text(p, 0, body, meta->gzip_size)) < 0)
		goto fail;
	if (meta->delta_size &&
	    (err = put_text(p, DELTA, body + meta->gzip_size,
			    meta->delta_size)) < 0)
		goto fail;
	*out = p;
	return 0;

fail:
	playlist_close(&p);
	return err;
}

void playlist_close(struct playlist **playlist)
{
	struct playlist *p = *playlist;

	*playlist = NULL;
	if (!p)
		return;
	for (int i = 0; i < REPLIES; i++) {
		reply_release(&p->reply[i]);
		reply_release(&p->text[i]);
	}
	free(p);
}

const struct wire_playlist *playlist_meta(const struct playlist *p)
{
	return &p->meta;
}

struct blocking_state playlist_state(const struct playlist *p)
{
	return (struct blocking_state){
		.last = p->meta.last,
		.target_ms = p->meta.target_ms,
		.part_target_ms = p->meta.part_target_ms,
		.ended = p->ended,
	};
}

size_t playlist_memory(const struct playlist *p)
{
	size_t size = sizeof(*p);

	for (int i = 0; i < REPLIES; i++) {
		size += p->reply[i] ? p->reply[i]->memory : 0;
		size += p->text[i] ? p->text[i]->memory : 0;
	}
	return size;
}

/*
 * Lifetimes: draft-pantos-hls-rfc8216bis B.1. Caches that give out what is too
 * old while they fetch (RFC 5861), unless told otherwise, do so for a day
 * (Google's) or ten seconds (Varnish): none of that is live.
 */
static struct reply *render(struct playlist *p, int kind)
{
	unsigned int target_s = (p->meta.target_ms + 999) / 1000;
	char cache[80];

	if (kind & BLOCKED)
		snprintf(cache, sizeof(cache), "public, max-age=%u, " FRESH,
			 6 * target_s);
	else
		snprintf(cache, sizeof(cache),
			 "public, max-age=0, s-maxage=%u, " FRESH,
			 target_s > 2 ? target_s / 2 : 1);
	return reply_new_chain(
		&(struct reply_params){
			.status = 200,
			.type = TYPE,
			.cache = cache,
			.extra = kind & GZIP ? SHARED
					 "Content-Encoding: gzip\r\n"
					     : SHARED,
			.media = true,
		},
		&p->text[kind & ~BLOCKED], 1);
}

struct reply *playlist_reply(struct playlist *p, const struct directives *d,
			     bool gzip)
{
	/* ENDLIST: neither blocking nor skipping is left (6.2.5). */
	int kind = (gzip ? GZIP : 0) | (d->has_msn && !p->ended ? BLOCKED : 0) |
		   (d->skip && !p->ended && p->text[DELTA] ? DELTA : 0);

	if (!p->reply[kind])
		p->reply[kind] = render(p, kind);
	return p->reply[kind];
}
