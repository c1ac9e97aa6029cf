/* SPDX-License-Identifier: MIT */
/*
 * Any file as what the process before has left of its window, in a spool that
 * has whatever is named in it.
 */
#include "device/stream/journal.h"

#include "tests/fuzz/fuzz.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct window_params params = {
	.segments = 3,
	.target_ms = 2000,
	.part_target_ms = 200,
};

static const uint8_t *journal;
static size_t journal_size;

int spool_read(struct spool *s, const char *name, void *out, size_t size)
{
	(void)s;
	(void)name;
	if (size > journal_size)
		size = journal_size;
	memcpy(out, journal, size);
	return (int)size;
}

int64_t spool_size(struct spool *s, const char *name)
{
	(void)s;
	return strcmp(name, JOURNAL_NAME) == 0 ? (int64_t)journal_size : 100;
}

int spool_write(struct spool *s, const char *name, const void *bytes,
		size_t size)
{
	(void)s, (void)name, (void)bytes, (void)size;
	return -EIO;
}

int spool_append(struct spool *s, const char *name, const void *bytes,
		 size_t size)
{
	return spool_write(s, name, bytes, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const uint8_t nothing;
	struct window *w;
	bool same;
	int parts;

	journal = size ? bytes : &nothing;
	journal_size = size;
	if (window_open(&w, &params) < 0)
		abort();
	parts = journal_load(NULL, w, &same);
	if (parts < 0 || (parts > 0 && window_count(w) == 0))
		abort();
	window_close(&w);
	return 0;
}
