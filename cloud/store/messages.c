/* SPDX-License-Identifier: MIT */
#include "cloud/store/messages.h"

#include <string.h>

#include "common/big_endian.h"

/* Takes bytes up to the head's end. */
static size_t take_head(struct messages *m, const uint8_t *bytes, size_t n)
{
	size_t missing = WIRE_HEAD_SIZE - m->head_size;

	if (n > missing)
		n = missing;
	memcpy(m->head + m->head_size, bytes, n);
	m->head_size += n;
	if (m->head_size == WIRE_HEAD_SIZE)
		m->left = (uint32_t)big_endian_get(m->head + 4, 4);
	return n;
}

size_t messages_next(struct messages *m, const uint8_t *bytes, size_t n,
		     bool *first, bool *final)
{
	size_t used = 0;

	*first = m->head_size == 0;
	if (m->head_size < WIRE_HEAD_SIZE)
		used = take_head(m, bytes, n);
	if (m->head_size == WIRE_HEAD_SIZE) {
		size_t more = n - used < m->left ? n - used : m->left;

		used += more;
		m->left -= (uint32_t)more;
	}
	*final = m->head_size == WIRE_HEAD_SIZE && m->left == 0;
	if (*final)
		m->head_size = 0;
	return used;
}

bool messages_open(const struct messages *m)
{
	return m->head_size > 0;
}
