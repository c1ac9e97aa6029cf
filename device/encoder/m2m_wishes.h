/* SPDX-License-Identifier: MIT */
/*
 * m2m_wishes: what is wished of a hardware encoder while it runs, and when it
 * is asked: not as often as others would like to.
 *
 * Pure; time is an argument. Media thread.
 */
#ifndef DEVICE_ENCODER_M2M_WISHES_H
#define DEVICE_ENCODER_M2M_WISHES_H

#include <stdbool.h>
#include <stdint.h>

/* All zero: nothing is wished. */
struct m2m_wishes {
	bool key;	    /* until one came */
	int64_t key_us;	    /* when one was asked for last */
	int64_t bitrate;    /* 0: no other than it has */
	int64_t bitrate_us; /* when it was changed last */
	int64_t floor;	    /* below that it has skipped pictures; or 0 */
};

/* At so many bits a second for one picture in `divisor`. */
void m2m_wishes_bitrate(struct m2m_wishes *w, int64_t bits_per_second,
			int divisor);

/* At `bitrate` it skips all pictures: never again, and a key frame. */
void m2m_wishes_more(struct m2m_wishes *w, int64_t bitrate);

/* Whether to ask for a key frame now. */
bool m2m_wishes_take_key(struct m2m_wishes *w, int64_t now_us);

/* The bitrate to set now; 0: none. */
int64_t m2m_wishes_take_bitrate(struct m2m_wishes *w, int64_t now_us);

#endif
