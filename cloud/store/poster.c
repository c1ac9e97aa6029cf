/* SPDX-License-Identifier: MIT */
#include "cloud/store/poster.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cloud/http/reply.h"
#include "common/names.h"

#define ETAG_SIZE 16

/*
 * It stands under one name and changes once a minute: a browser asks whether
 * it has, a cache in front asks for all of them every few seconds (and keeps it
 * no longer: see playlist.c).
 */
#define CACHE "public, max-age=0, s-maxage=5, stale-while-revalidate=0"

struct poster {
	char etag[ETAG_SIZE];
	int64_t taken_us;
	struct reply *picture, *unchanged;
};

/* IMF-fixdate, RFC 9110 5.6.7; the C locale's names are the right ones. */
static void print_headers(const struct poster *p, char *out, size_t size)
{
	time_t at = (time_t)(p->taken_us / 1000000);
	char date[40] = "";
	struct tm tm;

	if (gmtime_r(&at, &tm))
		strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	snprintf(out, size, "ETag: %s\r\nLast-Modified: %s\r\n", p->etag, date);
}

/* SOI and the marker behind it: ITU-T T.81, B.1.1. */
static bool is_jpeg(const struct poster_params *params)
{
	const uint8_t *b = params->bytes;

	return params->size > 4 && b[0] == 0xff && b[1] == 0xd8 && b[2] == 0xff;
}

int poster_open(struct poster **out, const struct poster_params *params)
{
	struct poster *p;
	char extra[128];

	*out = NULL;
	if (!is_jpeg(params))
		return -EPROTO;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->taken_us = params->taken_us;
	if (p->taken_us > params->wall_us || p->taken_us <= 0)
		p->taken_us = params->wall_us;
	snprintf(p->etag, sizeof(p->etag), "\"%08x\"",
		 name_init_id(params->bytes, params->size));
	print_headers(p, extra, sizeof(extra));
	p->picture =
		reply_new_body(&(struct reply_params){ .status = 200,
						       .type = "image/jpeg",
						       .cache = CACHE,
						       .extra = extra },
			       params->bytes, params->size);
	p->unchanged = reply_new(&(struct reply_params){ .status = 304,
							 .cache = CACHE,
							 .extra = extra },
				 0);
	if (!p->picture || !p->unchanged) {
		poster_close(&p);
		return -ENOMEM;
	}
	*out = p;
	return 0;
}

void poster_close(struct poster **poster)
{
	struct poster *p = *poster;

	*poster = NULL;
	if (!p)
		return;
	reply_release(&p->picture);
	reply_release(&p->unchanged);
	free(p);
}

struct reply *poster_reply(const struct poster *p, const char *if_none_match)
{
	return strstr(if_none_match, p->etag) ? p->unchanged : p->picture;
}

int64_t poster_taken_us(const struct poster *p)
{
	return p->taken_us;
}

size_t poster_memory(const struct poster *p)
{
	return p ? p->picture->memory + p->unchanged->memory : 0;
}
