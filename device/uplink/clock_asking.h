/* SPDX-License-Identifier: MIT */
/*
 * clock_asking: when a connection asks the relay what its clock shows
 * (common/wire_clock.h), and which answer belongs to which question: soon and
 * often at first, so that one of the questions has a fast way, then seldom.
 * A relay that never answers does not know the question, and is left alone.
 *
 * Pure: time (monotonic) is an argument.
 */
#ifndef DEVICE_UPLINK_CLOCK_ASKING_H
#define DEVICE_UPLINK_CLOCK_ASKING_H

#include <stdbool.h>
#include <stdint.h>

/* Between two questions: at first, in the end, and while nothing is sent. */
#define CLOCK_ASKING_FIRST_US 1000000
#define CLOCK_ASKING_LATER_US 10000000
#define CLOCK_ASKING_REST_US  60000000

/* Questions without an answer, one after the other, are enough. */
#define CLOCK_ASKING_UNHEARD 4

/* All zero: not begun. */
struct clock_asking {
	int64_t asked_us; /* the newest question, or the beginning */
	int64_t pause_us; /* behind that; 0: not begun */
	uint16_t number;  /* of that */
	bool waiting;	  /* for the answer */
	unsigned int unheard;
};

/* The relay has said welcome, and with that what its clock shows. */
void clock_asking_begin(struct clock_asking *a, int64_t now_us);

/* `rests`: the device sends no media, and each byte counts. */
bool clock_asking_is_due(const struct clock_asking *a, bool rests,
			 int64_t now_us);

/* Asks now; returns the question's number. */
uint16_t clock_asking_ask(struct clock_asking *a, int64_t now_us);

/* Whether this answers the newest question, which was asked at *asked_us. */
bool clock_asking_hears(struct clock_asking *a, uint16_t number,
			int64_t *asked_us);

#endif
