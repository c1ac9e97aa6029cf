/* SPDX-License-Identifier: MIT */
/*
 * news: what is worth a line in the log of connections that come and go: each
 * thing once, and not again before something else is the matter. Pure.
 */
#ifndef DEVICE_UPLINK_NEWS_H
#define DEVICE_UPLINK_NEWS_H

#include <stdbool.h>

#include "device/uplink/outcome.h"

/* All zero: nothing was said. */
struct news {
	bool connected; /* that there is a connection was said last */
	char line[600]; /* why there was none, as it was said last */
};

/*
 * A connection has ended, or did not come to be, and is tried again; `live`:
 * there is another one. n->line is what is the matter; whether that is news.
 */
bool news_of_end(struct news *n, const char *relay, const char *why,
		 enum outcome outcome, bool live);

/* There is one: whether that is news. */
bool news_of_connection(struct news *n);

/* It has worked for a while: what comes next is a new story. */
void news_settle(struct news *n);

#endif
