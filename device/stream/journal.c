/* SPDX-License-Identifier: MIT */
#include "device/stream/journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/names.h"

#define MAGIC	  "oriel-1\n"
#define HEAD_SIZE 16 /* magic and both constants */

static void put_u32(uint8_t *out, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void put_head(uint8_t out[static HEAD_SIZE],
		     const struct window_params *params)
{
	memcpy(out, MAGIC, 8);
	put_u32(out + 8, (uint32_t)params->target_ms);
	put_u32(out + 12, (uint32_t)params->part_target_ms);
}

static size_t put_part(uint8_t out[static WIRE_MAX_FIXED],
		       const struct wire_part *meta, uint8_t flags,
		       uint32_t size)
{
	return wire_encode(out, &(struct wire_message){ .type = WIRE_PART,
							.flags = flags,
							.part = *meta,
							.body_size = size });
}

/* Whether the file of a part is there, whole. */
static bool in_spool(struct spool *spool, const struct wire_message *m)
{
	char name[NAME_SIZE];

	name_format(name, &(struct name){ .kind = NAME_PART,
					  .id = m->part.epoch,
					  .at = m->part.at });
	if (spool_size(spool, name) != m->body_size)
		return false;
	name_format(name,
		    &(struct name){ .kind = NAME_INIT, .id = m->part.init });
	return spool_size(spool, name) > 0;
}

static int restore(struct spool *spool, struct window *w, const uint8_t *bytes,
		   size_t size)
{
	struct wire_message m;
	int count = 0, n;

	while ((n = wire_decode_head(&m, bytes, size)) > 0) {
		if (m.type != WIRE_PART || !in_spool(spool, &m) ||
		    window_restore(w, &m.part, m.flags, m.body_size) < 0)
			break;
		bytes += n;
		size -= (size_t)n;
		count++;
	}
	return count;
}

int journal_load(struct spool *spool, struct window *w, bool *same)
{
	int64_t size = spool_size(spool, JOURNAL_NAME);
	uint8_t head[HEAD_SIZE], *bytes;
	int n, count = 0;

	*same = false;
	if (size < HEAD_SIZE)
		return 0;
	bytes = malloc((size_t)size);
	if (!bytes)
		return -ENOMEM;
	n = spool_read(spool, JOURNAL_NAME, bytes, (size_t)size);
	put_head(head, window_params(w));
	if (n >= HEAD_SIZE && !memcmp(bytes, MAGIC, 8)) {
		*same = !memcmp(bytes, head, HEAD_SIZE);
		count = restore(spool, w, bytes + HEAD_SIZE,
				(size_t)n - HEAD_SIZE);
	}
	free(bytes);
	return count;
}

int journal_write(struct spool *spool, const struct window *w)
{
	size_t size = HEAD_SIZE;
	uint8_t *bytes;
	int err;

	for (size_t i = 0; i < window_count(w); i++)
		size += window_at(w, i)->count * WIRE_MAX_FIXED;
	bytes = malloc(size);
	if (!bytes)
		return -ENOMEM;
	put_head(bytes, window_params(w));
	size = HEAD_SIZE;
	for (size_t i = 0; i < window_count(w); i++) {
		const struct window_segment *s = window_at(w, i);

		for (size_t k = 0; k < s->count; k++) {
			struct wire_part meta;
			uint8_t flags = window_describe(s, k, &meta);

			size += put_part(bytes + size, &meta, flags,
					 s->parts[k].size);
		}
	}
	err = spool_write(spool, JOURNAL_NAME, bytes, size);
	free(bytes);
	return err;
}

int journal_append(struct spool *spool, const struct wire_part *meta,
		   uint8_t flags, uint32_t size)
{
	uint8_t bytes[WIRE_MAX_FIXED];
	size_t n = put_part(bytes, meta, flags, size);

	return spool_append(spool, JOURNAL_NAME, bytes, n);
}
