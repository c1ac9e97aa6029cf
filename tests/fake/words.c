/* SPDX-License-Identifier: MIT */
#include "tests/fake/words.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

bool words_split(struct words *w, const char *line)
{
	size_t size = strcspn(line, "#");
	char *at = w->text;

	w->count = 0;
	if (size >= sizeof(w->text))
		return false;
	memcpy(w->text, line, size);
	w->text[size] = '\0';
	for (;;) {
		at += strspn(at, " \t\r\n");
		if (!*at)
			return true;
		if (w->count == WORDS_MAX)
			return false;
		w->list[w->count++] = at;
		at += strcspn(at, " \t\r\n");
		if (!*at)
			return true;
		*at++ = '\0';
	}
}

const char *words_value(const char *word, const char *key)
{
	size_t size = strlen(key);

	if (strncmp(word, key, size) != 0 || word[size] != '=')
		return NULL;
	return word + size + 1;
}

bool words_number(const char *text, double *out)
{
	char *end;

	*out = strtod(text, &end);
	return end != text && !*end;
}
