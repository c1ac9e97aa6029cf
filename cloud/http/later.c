/* SPDX-License-Identifier: MIT */
#include "cloud/http/later.h"

#include <errno.h>
#include <stdio.h>

#include "cloud/http/reply.h"

#define LINES 160

static unsigned int turn;

unsigned int later_s(void)
{
	return 1 + turn++ % LATER_MOST_S;
}

static struct reply *make(unsigned int seconds, const char *extra,
			  const char *sentence)
{
	char lines[LINES];

	snprintf(lines, sizeof(lines), "Retry-After: %u\r\n%s", seconds,
		 extra ? extra : "");
	return reply_new_text(503, lines, sentence);
}

struct reply *later_new(const char *extra, const char *sentence)
{
	return make(later_s(), extra, sentence);
}

int later_make(struct later *l, const char *sentence)
{
	*l = (struct later){ 0 };
	for (unsigned int i = 0; i < LATER_MOST_S; i++) {
		l->reply[i] = make(i + 1, NULL, sentence);
		if (!l->reply[i]) {
			later_release(l);
			return -ENOMEM;
		}
	}
	return 0;
}

void later_release(struct later *l)
{
	for (unsigned int i = 0; i < LATER_MOST_S; i++)
		reply_release(&l->reply[i]);
}

struct reply *later_hold(const struct later *l)
{
	return reply_hold(l->reply[later_s() - 1]);
}
