/* SPDX-License-Identifier: MIT */
/*
 * assets: the page and its files, which are part of this binary, as replies.
 * Pure, but for the memory.
 */
#ifndef CLOUD_HTTP_ASSETS_H
#define CLOUD_HTTP_ASSETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Of each page. Any page may show a camera in a frame (?embed): the link is
 * all the authority there is, no cookie goes along, and the page has nothing
 * that a click could be stolen for.
 */
#define ASSETS_PAGE_HEADERS                                                    \
	"Content-Security-Policy: default-src 'none'; script-src 'self'; "     \
	"style-src 'self'; img-src 'self' data:; connect-src 'self'; "         \
	"media-src 'self' blob:; worker-src 'self' blob:; "                    \
	"frame-ancestors *; base-uri 'none'; form-action 'none'\r\n"

struct assets;
struct reply;

/* One file, gzipped by the Makefile. */
struct asset_file {
	const char *name; /* NULL ends the list */
	const uint8_t *gzip, *end;
};

/* Made by the Makefile from its list WEB_FILES. */
extern const struct asset_file asset_files[];

/*
 * Renders each of `files`, and inflates it for clients without gzip. -EPROTO:
 * one is not gzip; -EINVAL: one has a type that is not known; -ENOMEM. On
 * failure *out is NULL.
 */
int assets_open(struct assets **out, const struct asset_file *files);
void assets_close(struct assets **assets);

/*
 * The reply for a file by its name, borrowed until assets_close(): 304 where
 * `if_none_match` is its ETag. NULL: there is no such file.
 */
struct reply *assets_find(const struct assets *a, const char *name, size_t n,
			  bool gzip, const char *if_none_match);

#endif
