/* SPDX-License-Identifier: MIT */
/*
 * route: a path -> what is wanted. docs/http.md has the table. Pure.
 */
#ifndef CLOUD_HTTP_ROUTE_H
#define CLOUD_HTTP_ROUTE_H

#include <stddef.h>
#include <stdint.h>

#include "common/names.h"

#define ROUTE_MAX_PATH	160 /* the longest route is shorter */
#define ROUTE_MAX_TOKEN 64

enum route_kind {
	ROUTE_NONE,	/* 404 */
	ROUTE_HOME,	/* with a token: of a link for all cameras */
	ROUTE_REDIRECT, /* a page, but for the slash at its end */
	ROUTE_PAGE,
	ROUTE_PLAYLIST,
	ROUTE_OBJECT,
	ROUTE_STATE,
	ROUTE_POSTER,
	ROUTE_ASSET,
	ROUTE_CAMERAS,
	ROUTE_CAMERA,
	ROUTE_PUBLISH,
	ROUTE_DEMAND,
	ROUTE_POST,
	ROUTE_HEALTH,
	ROUTE_READY,
	ROUTE_METRICS,
};

/* `token` and `asset` borrow from the path, and have no NUL. */
struct route {
	enum route_kind kind;
	char camera[CAMERA_NAME_MAX + 1]; /* "" for kinds without one */
	const char *token;		  /* behind '~'; NULL: none */
	size_t token_size;
	const char *last; /* the path's last word */
	size_t last_size;
	struct name object; /* ROUTE_OBJECT */
	uint64_t session;   /* ROUTE_POST */
};

/*
 * Reads a path as it is after percent-decoding, without its query. Whatever
 * is not exactly one of the routes is ROUTE_NONE; no byte is skipped, folded
 * or resolved.
 */
void route_parse(struct route *out, const char *path, size_t n);

#endif
