/* SPDX-License-Identifier: MIT */
#include "cloud/http/request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BLANKS " \t"

struct request *request_copy(const struct request *request)
{
	size_t tag_size = strlen(request->if_none_match) + 1;
	struct request *r = malloc(sizeof(*r) + tag_size + request->path_size);
	char *tag;

	if (!r)
		return NULL;
	tag = (char *)(r + 1);
	*r = *request;
	r->authorization = "";
	r->if_none_match = memcpy(tag, request->if_none_match, tag_size);
	r->path = memcpy(tag + tag_size, request->path, request->path_size);
	return r;
}

/* Cuts the next item off a comma-separated list; false at its end. */
static bool next_item(const char **list, const char **item, size_t *n)
{
	const char *at = *list + strspn(*list, BLANKS ",");

	*item = at;
	*n = strcspn(at, ",");
	*list = at + *n;
	while (*n && strchr(BLANKS, at[*n - 1]))
		(*n)--;
	return *n > 0;
}

bool request_lists(const char *list, const char *item)
{
	const char *text;
	size_t n;

	while (next_item(&list, &text, &n))
		if (n == strlen(item) && memcmp(text, item, n) == 0)
			return true;
	return false;
}

/* Whether the parameters behind a coding have a q that is not zero. */
static bool is_wanted(const char *parameters, size_t n)
{
	const char *q = memmem(parameters, n, "q=", 2);

	if (!q)
		return true;
	q += 2;
	n -= (size_t)(q - parameters);
	for (size_t i = 0; i < n; i++)
		if (q[i] >= '1' && q[i] <= '9')
			return true;
	return false;
}

bool request_takes_gzip(const char *accept_encoding)
{
	const char *text;
	size_t n;

	while (next_item(&accept_encoding, &text, &n)) {
		size_t name = strcspn(text, "; \t,");

		if (name == 4 && strncasecmp(text, "gzip", 4) == 0)
			return is_wanted(text + 4, n - 4);
	}
	return false;
}

const char *request_bearer(const char *authorization)
{
	if (strncasecmp(authorization, "Bearer ", 7) != 0)
		return NULL;
	authorization += 7;
	return authorization + strspn(authorization, " ");
}
