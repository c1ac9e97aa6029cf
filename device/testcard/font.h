/* SPDX-License-Identifier: MIT */
/*
 * font: a few letters and digits of 5 by 7 pixels, magnified, for the test
 * card. Pure; any thread.
 */
#ifndef DEVICE_TESTCARD_FONT_H
#define DEVICE_TESTCARD_FONT_H

#include <stdint.h>

#define FONT_COLUMNS 6 /* with the gap to the next character */
#define FONT_LINES   7

struct font_style {
	int scale;	    /* pixels to a pixel of the glyph */
	uint8_t ink, paper; /* luma */
};

/*
 * Draws one character and its background: FONT_COLUMNS * scale pixels wide,
 * FONT_LINES * scale lines high. One without a glyph is blank.
 */
void font_draw(uint8_t *luma, int stride, const struct font_style *style,
	       char character);

#endif
