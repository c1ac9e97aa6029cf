/* SPDX-License-Identifier: MIT */
#include "common/wire_clock.h"

#include <string.h>

#include "common/big_endian.h"

static const uint8_t mark[4] = { 'O', 'c', 'l', 'k' };

void wire_clock_ask(uint8_t out[static WIRE_CLOCK_QUESTION], uint16_t number)
{
	memcpy(out, mark, sizeof(mark));
	big_endian_put(out + 4, number, 2);
}

void wire_clock_answer(uint8_t out[static WIRE_CLOCK_ANSWER], uint16_t number,
		       int64_t clock_us)
{
	wire_clock_ask(out, number);
	big_endian_put(out + 6, (uint64_t)clock_us, 8);
}

static bool is_ours(const uint8_t *bytes, size_t n, size_t size)
{
	return n == size && memcmp(bytes, mark, sizeof(mark)) == 0;
}

bool wire_clock_asks(const uint8_t *bytes, size_t n, uint16_t *number)
{
	if (!is_ours(bytes, n, WIRE_CLOCK_QUESTION))
		return false;
	*number = (uint16_t)big_endian_get(bytes + 4, 2);
	return true;
}

bool wire_clock_answers(const uint8_t *bytes, size_t n, uint16_t *number,
			int64_t *clock_us)
{
	if (!is_ours(bytes, n, WIRE_CLOCK_ANSWER))
		return false;
	*number = (uint16_t)big_endian_get(bytes + 4, 2);
	*clock_us = (int64_t)big_endian_get(bytes + 6, 8);
	return true;
}
