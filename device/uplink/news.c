/* SPDX-License-Identifier: MIT */
#include "device/uplink/news.h"

#include <stdio.h>
#include <string.h>

const char *news_of_end(struct news *n, const char *relay, const char *why,
			enum outcome outcome, bool live)
{
	char line[sizeof(n->line)];

	snprintf(line, sizeof(line), "%s: %s; %s", relay, why,
		 live ? "staying on the connection that there is"
		      : outcome_next_step(outcome));
	if (!strcmp(line, n->line))
		return NULL;
	memcpy(n->line, line, sizeof(line));
	if (!live)
		n->connected = false;
	return n->line;
}

bool news_of_connection(struct news *n)
{
	bool is_news = !n->connected;

	n->connected = true;
	return is_news;
}

void news_settle(struct news *n)
{
	n->line[0] = '\0';
}
