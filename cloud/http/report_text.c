/* SPDX-License-Identifier: MIT */
#include "cloud/http/report_text.h"

#include <stdlib.h>
#include <string.h>

#include "cloud/http/assets.h"
#include "cloud/http/reply.h"

bool report_begin(struct report_text *t)
{
	*t = (struct report_text){ 0 };
	t->out = open_memstream(&t->text, &t->size);
	return t->out != NULL;
}

struct reply *report_finish(struct report_text *t, int status, const char *type)
{
	const bool html = strncmp(type, "text/html", 9) == 0;
	const struct reply_params params = {
		.status = status,
		.type = type,
		.cache = "no-store",
		.extra = html ? ASSETS_PAGE_HEADERS : NULL,
	};
	struct reply *r = NULL;

	/* A write that failed for want of memory shows here at the latest. */
	if (fclose(t->out) == 0)
		r = reply_new_body(&params, t->text, t->size);
	free(t->text);
	return r;
}
