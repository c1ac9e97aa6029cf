/* SPDX-License-Identifier: MIT */
/*
 * wire_clock: how a device asks what the relay's clock shows while both have a
 * connection. The relay says it in its welcome, too, but clocks drift apart by
 * a tenth of a second in an hour or less.
 *
 * Question and answer are the payload of WebSocket pong frames, which may come
 * unasked (RFC 6455 5.5.3): whoever does not know them ignores them, as every
 * version of "oriel.1" does with a pong. They may come between two pieces of
 * a message.
 *
 *   0    4        6
 *   +----+--------+
 *   |Oclk| number |              question, device to relay
 *   +----+--------+----------+
 *   |Oclk| number | clock_us |   answer: the same number, and the relay's wall
 *   +----+--------+----------+   clock when it wrote this, Unix time, i64
 *
 * By HTTP there is no question: each answer to a POST has it as a header, in
 * decimal digits.
 *
 * Pure. Any thread.
 */
#ifndef COMMON_WIRE_CLOCK_H
#define COMMON_WIRE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_CLOCK_HEADER "Oriel-Clock"

#define WIRE_CLOCK_QUESTION 6  /* bytes */
#define WIRE_CLOCK_ANSWER   14 /* bytes */

void wire_clock_ask(uint8_t out[static WIRE_CLOCK_QUESTION], uint16_t number);
void wire_clock_answer(uint8_t out[static WIRE_CLOCK_ANSWER], uint16_t number,
		       int64_t clock_us);

/* False: these `n` bytes are something else. */
bool wire_clock_asks(const uint8_t *bytes, size_t n, uint16_t *number);
bool wire_clock_answers(const uint8_t *bytes, size_t n, uint16_t *number,
			int64_t *clock_us);

#endif
