/* SPDX-License-Identifier: MIT */
/*
 * timecode: the wall clock inside a picture, for machines. Whoever sees the
 * picture, be it a test or the page in a browser, knows from it when it was
 * made, and from that how late it is.
 *
 *    cell 0                                    cell 31 32         39
 *   +--+--+--+--+--+--+--+--+--+--+-- ... --+--+--+--+--+-- ... --+--+
 *   |b31 b30 b29   Unix time in ms modulo 2^32     b0|c7   CRC-8  c0|
 *   +--+--+--+--+--+--+--+--+--+--+-- ... --+--+--+--+--+-- ... --+--+
 *
 * The strip lies along the top edge, over the whole width, height / 22.5
 * lines high, rounded down to an even number (16 of 360). It has 40 cells in
 * one row; cell i goes from x = i * width / 40 up to (i + 1) * width / 40,
 * rounded down: 16 pixels each at a width of 640, and so one macroblock. A cell
 * is black (luma 16) for 0 and white (luma 235) for 1, without colour.
 *
 * First 32 bits, most significant first: milliseconds since 1970 UTC, modulo
 * 2^32, at the moment of capture. Then CRC-8 with polynomial x^8 + x^2 + x +
 * 1 (0x07), from 0, not reflected, over these 4 bytes in the same order; its
 * check value over "123456789" is 0xf4. A strip that is all black is none: a
 * black picture must not be read as a time, and time 0 is drawn as 1.
 *
 * To read: take the mean luma over the middle half of each cell, both ways;
 * 1 is above the middle of black and white (125 in Y', 127 in RGB). When the
 * CRC does not fit, there is no timecode.
 *
 * Pure; any thread.
 */
#ifndef DEVICE_TESTCARD_TIMECODE_H
#define DEVICE_TESTCARD_TIMECODE_H

#include <stdbool.h>
#include <stdint.h>

#define TIMECODE_CELLS	   40
#define TIMECODE_MIN_WIDTH 160 /* 4 pixels a cell */

#define LUMA_BLACK 16
#define LUMA_WHITE 235

/* Lines of the strip in a picture of this height. */
int timecode_height(int height);

/* The 40 bits, that of cell 0 the highest. */
uint64_t timecode_encode(uint32_t ms);

/* Returns whether `bits` are a timecode, and its time. */
bool timecode_decode(uint64_t bits, uint32_t *ms);

/* Draws the strip into the luma plane of a picture of this size. */
void timecode_draw(uint8_t *luma, int stride, int width, int height,
		   uint32_t ms);

/* Reads it there; false: none, or damaged. */
bool timecode_read(const uint8_t *luma, int stride, int width, int height,
		   uint32_t *ms);

#endif
