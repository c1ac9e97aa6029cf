/* SPDX-License-Identifier: MIT */
/* report_text: text of any length, and then the reply that is made of it. */
#ifndef CLOUD_HTTP_REPORT_TEXT_H
#define CLOUD_HTTP_REPORT_TEXT_H

#include <stdbool.h>
#include <stdio.h>

struct reply;

struct report_text {
	FILE *out;
	char *text;
	size_t size;
};

/* False: no memory. */
bool report_begin(struct report_text *t);

/* For nobody to store. NULL: no memory. */
struct reply *report_finish(struct report_text *t, int status,
			    const char *type);

#endif
