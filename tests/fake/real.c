/* SPDX-License-Identifier: MIT */
#include "tests/fake/real.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static struct real found;
static atomic_bool ready;

/* clang-format off */
#define ROW(name) { #name, offsetof(struct real, name) }
/* clang-format on */

static const struct {
	const char *name;
	size_t offset;
} rows[] = {
	ROW(open),	    ROW(openat),
	ROW(close),	    ROW(ioctl),
	ROW(mmap),	    ROW(munmap),
	ROW(dup),	    ROW(dup2),
	ROW(dup3),	    ROW(fcntl),
	ROW(poll),	    ROW(ppoll),
	ROW(select),	    ROW(epoll_ctl),
	ROW(fopen),	    ROW(opendir),
	ROW(scandir),	    ROW(stat),
	ROW(lstat),	    ROW(fstat),
	ROW(fstatat),	    ROW(statx),
	ROW(access),	    ROW(readlink),
	ROW(realpath),	    ROW(inotify_add_watch),
	ROW(clock_gettime), ROW(gettimeofday),
	ROW(time),
};

/*
 * Two threads at once find the same addresses. A name that the library does
 * not have cannot be: the program would not have been linked.
 */
const struct real *real(void)
{
	if (atomic_load_explicit(&ready, memory_order_acquire))
		return &found;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		void *symbol = dlsym(RTLD_NEXT, rows[i].name);

		if (!symbol)
			abort();
		memcpy((char *)&found + rows[i].offset, &symbol,
		       sizeof(symbol));
	}
	atomic_store_explicit(&ready, true, memory_order_release);
	return &found;
}
