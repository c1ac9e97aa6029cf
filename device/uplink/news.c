/* SPDX-License-Identifier: MIT */
#include "device/uplink/news.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static bool is_question(const char *text)
{
	size_t n = strlen(text);

	return n && text[n - 1] == '?';
}

bool news_of_end(struct news *n, const char *relay, const char *why,
		 enum outcome outcome, bool live)
{
	const char *next = live ? "staying on the connection that there is"
				: outcome_next_step(outcome);
	char line[sizeof(n->line)];
	int size;

	if (is_question(why)) /* and the next step a sentence of its own */
		size = snprintf(line, sizeof(line), "%s: %s %c%s", relay, why,
				toupper((unsigned char)*next), next + 1);
	else
		size = snprintf(line, sizeof(line), "%s: %s; %s", relay, why,
				next);
	if (size < 0 || !strcmp(line, n->line))
		return false;
	memcpy(n->line, line, sizeof(line));
	if (!live)
		n->connected = false;
	return true;
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
