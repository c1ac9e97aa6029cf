/* SPDX-License-Identifier: MIT */
#include "device/encoder/m2m_wishes.h"

#include "device/encoder/recipe.h"

/* Asking for key frames in a storm makes the firmware stall (pikvm#1704). */
#define KEY_PAUSE_US 500000

#define BITRATE_PAUSE_US 1000000

/* The firmware knows the rate that it was told, and no other. */
void m2m_wishes_bitrate(struct m2m_wishes *w, int64_t bits_per_second,
			int divisor)
{
	int64_t most = RECIPE_MOST_BITRATE / divisor;
	int64_t rate = bits_per_second < most ? bits_per_second : most;

	w->bitrate = rate * divisor > w->floor ? rate * divisor : w->floor;
}

void m2m_wishes_more(struct m2m_wishes *w, int64_t bitrate)
{
	w->key = true;
	w->bitrate = w->floor = 2 * bitrate;
}

bool m2m_wishes_take_key(struct m2m_wishes *w, int64_t now_us)
{
	if (!w->key || now_us - w->key_us < KEY_PAUSE_US)
		return false;
	w->key_us = now_us;
	return true;
}

int64_t m2m_wishes_take_bitrate(struct m2m_wishes *w, int64_t now_us)
{
	int64_t bitrate = w->bitrate;

	if (!bitrate || now_us - w->bitrate_us < BITRATE_PAUSE_US)
		return 0;
	w->bitrate_us = now_us;
	w->bitrate = 0;
	return bitrate;
}
