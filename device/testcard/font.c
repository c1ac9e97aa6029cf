/* SPDX-License-Identifier: MIT */
#include "device/testcard/font.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define SHEETS	     3
#define SHEET_GLYPHS 8

/* The glyphs as they look, 8 to a sheet; only those that somebody draws. */
struct sheet {
	char characters[SHEET_GLYPHS];
	char rows[FONT_LINES][SHEET_GLYPHS * FONT_COLUMNS + 1];
};

/* clang-format off */
static const struct sheet sheets[SHEETS] = {
	{ { '0', '1', '2', '3', '4', '5', '6', '7' }, {
	" ###    #    ###  #####    #  #####   ##  ##### ",
	"#   #  ##   #   #    #    ##  #      #        # ",
	"#  ##   #       #   #    # #  ####  #        #  ",
	"# # #   #      #     #  #  #      # ####    #   ",
	"##  #   #     #       # #####     # #   #  #    ",
	"#   #   #    #    #   #    #  #   # #   #  #    ",
	" ###   ###  #####  ###     #   ###   ###   #    ",
	} },
	{ { '8', '9', '-', '+', ':', '.', 'O', 'a' }, {
	" ###   ###                           ###        ",
	"#   # #   #         #     #         #   #       ",
	"#   # #   #         #     #         #   #  ###  ",
	" ###   #### ##### #####             #   #     # ",
	"#   #     #         #     #         #   #  #### ",
	"#   #    #          #     #    ##   #   # #   # ",
	" ###   ##                      ##    ###   #### ",
	} },
	{ { 'c', 'd', 'e', 'i', 'l', 'r', 's', 't' }, {
	"          #         #    ##                #    ",
	"          #               #                #    ",
	" ###   ## #  ###   ##     #   # ##   #### ###   ",
	"#     #  ## #   #   #     #   ##  # #      #    ",
	"#     #   # #####   #     #   #      ###   #    ",
	"#   # #   # #       #     #   #         #  #  # ",
	" ###   ####  ###   ###   ###  #     ####    ##  ",
	} },
};
/* clang-format on */

/* Finds the sheet of a character and its column there; NULL: it has none. */
static const struct sheet *find_glyph(char character, ptrdiff_t *column)
{
	for (int i = 0; i < SHEETS; i++) {
		const char *all = sheets[i].characters;
		const char *at = memchr(all, character, SHEET_GLYPHS);

		if (at) {
			*column = (at - all) * FONT_COLUMNS;
			return &sheets[i];
		}
	}
	return NULL;
}

static void draw_line(uint8_t *out, const char *row,
		      const struct font_style *style)
{
	size_t scale = (size_t)style->scale;

	for (size_t i = 0; i < FONT_COLUMNS; i++) {
		bool ink = row && row[i] == '#';

		memset(out + i * scale, ink ? style->ink : style->paper, scale);
	}
}

void font_draw(uint8_t *luma, int stride, const struct font_style *style,
	       char character)
{
	ptrdiff_t column = 0, pitch = stride;
	const struct sheet *sheet = find_glyph(character, &column);
	size_t width = (size_t)(FONT_COLUMNS * style->scale);

	for (int i = 0; i < FONT_LINES; i++) {
		uint8_t *line = luma + i * style->scale * pitch;

		draw_line(line, sheet ? sheet->rows[i] + column : NULL, style);
		for (int j = 1; j < style->scale; j++)
			memcpy(line + j * pitch, line, width);
	}
}
