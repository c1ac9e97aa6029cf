/* SPDX-License-Identifier: MIT */
/* words: the words of a line of a script. Pure. */
#ifndef TESTS_FAKE_WORDS_H
#define TESTS_FAKE_WORDS_H

#include <stdbool.h>

#define WORDS_MAX  24
#define WORDS_LINE 400

struct words {
	char text[WORDS_LINE];
	int count;
	const char *list[WORDS_MAX];
};

/* False: too long, or too many. */
bool words_split(struct words *w, const char *line);
/* What follows "KEY=" in a word; NULL: it begins otherwise. */
const char *words_value(const char *word, const char *key);
/* A number that takes the whole text. */
bool words_number(const char *text, double *out);

#endif
