/* SPDX-License-Identifier: MIT */
#include "device/budget/budget_ledger.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "device/whole_file.h"

#define FORMAT                                                                 \
	"oriel budget 1\nstart_us %" PRId64 "\nend_us %" PRId64                \
	"\nused_bytes %" PRIu64 "\nlive_us %" PRId64 "\nend\n"

int budget_ledger_read(struct budget_ledger *out, const char *path)
{
	struct budget_ledger l;
	char text[256], again[256];
	int n = whole_file_read(path, text, sizeof(text));

	if (n < 0)
		return n == -EFBIG ? -EPROTO : n;
	if (sscanf(text,
		   "oriel budget 1 start_us %" SCNd64 " end_us %" SCNd64
		   " used_bytes %" SCNu64 " live_us %" SCNd64,
		   &l.start_us, &l.end_us, &l.used_bytes, &l.live_us) != 4)
		return -EPROTO;
	/* exactly as it was written, or it was not written by us */
	snprintf(again, sizeof(again), FORMAT, l.start_us, l.end_us,
		 l.used_bytes, l.live_us);
	if (strcmp(text, again) || l.start_us < 0 || l.end_us <= l.start_us ||
	    l.live_us < 0)
		return -EPROTO;
	*out = l;
	return 0;
}

/* Its last level only: what is above is not for us to make. */
static void make_folder(const char *path)
{
	char folder[PATH_MAX];
	char *slash;

	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (slash && slash != folder) {
		*slash = '\0';
		mkdir(folder, 0700);
	}
}

int budget_ledger_write(const struct budget_ledger *l, const char *path)
{
	char text[256];
	int n = snprintf(text, sizeof(text), FORMAT, l->start_us, l->end_us,
			 l->used_bytes, l->live_us);

	make_folder(path);
	return whole_file_write(&(struct whole_file_params){ .path = path,
							     .mode = 0600,
							     .durable = true },
				text, (size_t)n);
}
