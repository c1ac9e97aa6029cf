/* SPDX-License-Identifier: MIT */
#include "cloud/http/assets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/http/reply.h"
#include "cloud/store/gunzip.h"
#include "common/names.h"

#define MAX_PLAIN (4u << 20)
#define MAX_FILES 64
#define ETAG_SIZE 16
#define CACHE	  "no-cache" /* a player and its page must fit */

struct asset {
	const char *name;
	char etag[ETAG_SIZE];
	struct reply *plain, *gzip, *unchanged;
};

struct assets {
	size_t count;
	struct asset asset[MAX_FILES];
};

static const struct type {
	const char *ending, *type;
} types[] = {
	{ ".html", "text/html; charset=utf-8" },
	{ ".css", "text/css; charset=utf-8" },
	{ ".js", "text/javascript; charset=utf-8" },
	{ ".mjs", "text/javascript; charset=utf-8" },
	{ ".svg", "image/svg+xml" },
	{ ".txt", "text/plain; charset=utf-8" },
};

static const struct type *type_of(const char *name)
{
	const char *ending = strrchr(name, '.');

	for (size_t i = 0; ending && i < sizeof(types) / sizeof(*types); i++)
		if (strcmp(types[i].ending, ending) == 0)
			return &types[i];
	return NULL;
}

static int render_plain(struct asset *a, const struct reply_params *params,
			const uint8_t *gzip, size_t n)
{
	int64_t size = gunzip_size(gzip, n, MAX_PLAIN);

	if (size < 0)
		return (int)size;
	a->plain = reply_new(params, (size_t)size);
	if (!a->plain)
		return -ENOMEM;
	return gunzip(reply_body(a->plain), (size_t)size, gzip, n);
}

static int render(struct asset *a, const struct asset_file *file)
{
	const struct type *type = type_of(file->name);
	size_t n = (size_t)(file->end - file->gzip);
	char plain[REPLY_MAX_HEAD / 2], gzip[REPLY_MAX_HEAD];
	struct reply_params params = { .status = 200, .cache = CACHE };

	if (!type)
		return -EINVAL;
	a->name = file->name;
	/* Weak: it is the same for the plain and the compressed bytes. */
	snprintf(a->etag, sizeof(a->etag), "W/\"%08x\"",
		 name_init_id(file->gzip, n));
	snprintf(plain, sizeof(plain),
		 "ETag: %s\r\nVary: Accept-Encoding\r\n%s", a->etag,
		 strcmp(type->ending, ".html") ? "" : ASSETS_PAGE_HEADERS);
	snprintf(gzip, sizeof(gzip), "%sContent-Encoding: gzip\r\n", plain);

	params.type = type->type;
	params.extra = gzip;
	a->gzip = reply_new_body(&params, file->gzip, n);
	params.extra = plain;
	a->unchanged = reply_new(&(struct reply_params){ .status = 304,
							 .cache = CACHE,
							 .extra = plain },
				 0);
	if (!a->gzip || !a->unchanged)
		return -ENOMEM;
	return render_plain(a, &params, file->gzip, n);
}

int assets_open(struct assets **out, const struct asset_file *files)
{
	struct assets *a = calloc(1, sizeof(*a));
	int err = 0;

	*out = NULL;
	if (!a)
		return -ENOMEM;
	for (; files->name; files++) {
		if (a->count == MAX_FILES)
			err = -EMSGSIZE;
		else
			err = render(&a->asset[a->count++], files);
		if (err < 0)
			goto fail;
	}
	*out = a;
	return 0;

fail:
	assets_close(&a);
	return err;
}

void assets_close(struct assets **assets)
{
	struct assets *a = *assets;

	*assets = NULL;
	if (!a)
		return;
	for (size_t i = 0; i < a->count; i++) {
		reply_release(&a->asset[i].plain);
		reply_release(&a->asset[i].gzip);
		reply_release(&a->asset[i].unchanged);
	}
	free(a);
}

struct reply *assets_find(const struct assets *a, const char *name, size_t n,
			  bool gzip, const char *if_none_match)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct asset *asset = &a->asset[i];

		if (strlen(asset->name) != n || memcmp(asset->name, name, n))
			continue;
		if (strstr(if_none_match, asset->etag + 2))
			return asset->unchanged;
		return gzip ? asset->gzip : asset->plain;
	}
	return NULL;
}
