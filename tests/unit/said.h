/* SPDX-License-Identifier: MIT */
/* said: what is said on stderr, or stdout, meanwhile; for tests. */
#ifndef TESTS_UNIT_SAID_H
#define TESTS_UNIT_SAID_H

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct said {
	int fd, saved;
	char text[8192];
};

/* `fd`: STDERR_FILENO or STDOUT_FILENO. */
static inline void said_begin(struct said *s, int fd)
{
	FILE *file = tmpfile();

	ck_assert_ptr_nonnull(file);
	fflush(NULL);
	s->fd = fd;
	s->saved = dup(fd);
	ck_assert_int_ge(s->saved, 0);
	ck_assert_int_eq(dup2(fileno(file), fd), fd);
	fclose(file);
}

/* Into s->text. */
static inline void said_end(struct said *s)
{
	ssize_t n;

	fflush(NULL);
	n = pread(s->fd, s->text, sizeof(s->text) - 1, 0);
	s->text[n > 0 ? n : 0] = '\0';
	dup2(s->saved, s->fd);
	close(s->saved);
}

/* That no line is wider than a terminal; returns how many are headings. */
static inline int said_headings(const struct said *s)
{
	int headings = 0;

	for (const char *line = s->text; *line;) {
		size_t n = strcspn(line, "\n");

		ck_assert_msg(n <= 80, "%.*s", (int)n, line);
		if (n && line[0] != ' ' && line[n - 1] == ':')
			headings++;
		line += n + (line[n] == '\n');
	}
	return headings;
}

#endif
