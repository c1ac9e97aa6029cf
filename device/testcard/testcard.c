/* SPDX-License-Identifier: MIT */
/*
 *   +----------------------------------+
 *   | timecode strip                   |
 *   | W   Y   C   G   M   R   B   K    |  bars
 *   +----------------------------------+
 *   |         Oriel test card          |
 *   |          17:16:17.123            |  panel
 *   |        2026-11-22 +0100          |
 *   +----------------------------------+
 *   |    O                             |  track, a ramp, with the ball
 *   +----------------------------------+
 */
#include "device/testcard/testcard.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "device/testcard/font.h"
#include "device/testcard/timecode.h"

#define LUMA_PANEL  32
#define CHROMA_NONE 128
#define RAMP_FIRST  48 /* luma of the track, left and right */
#define RAMP_LAST   112
#define MAX_TEXT    24
#define CLOCK_TEXT  "00:00:00.000"
#define DATE_TEXT   "0000-00-00 +0000"
#define TITLE_TEXT  "Oriel test card"
#define BARS	    8
#define MAX_BALL    (TESTCARD_MAX_SIDE / 8)

/* A line of text; only characters that differ are drawn again. */
struct label {
	struct font_style style;
	int x, y;
	char text[MAX_TEXT]; /* as it stands in the picture */
};

struct testcard {
	int width, height;
	uint8_t *planes; /* Y, U, V */
	struct label clock, date;
	int64_t date_s;	    /* what `date` and `zone_s` were made for */
	long zone_s;	    /* the time zone, east of UTC */
	int ball_size;	    /* lines and columns */
	int ball_x, ball_y; /* top left corner; x -1: not drawn yet */
	int half[MAX_BALL]; /* the ball's half width in each line */
	uint8_t ramp[TESTCARD_MAX_SIDE]; /* a line of the track */
};

/* --- what stays ---------------------------------------------------------- */

/* 75 % bars of ITU-R BT.601, limited range: Y, Cb, Cr. */
static const uint8_t bars[BARS][3] = {
	{ 180, 128, 128 }, { 162, 44, 142 }, { 131, 156, 44 }, { 112, 72, 58 },
	{ 84, 184, 198 },  { 65, 100, 212 }, { 35, 212, 114 }, { 16, 128, 128 },
};

static void fill_bars(uint8_t *plane, int width, int first, int end,
		      int component)
{
	uint8_t *line = plane + (ptrdiff_t)first * width;

	for (int x = 0; x < width; x++)
		line[x] = bars[x * BARS / width][component];
	for (int y = 1; y < end - first; y++)
		memcpy(line + (ptrdiff_t)y * width, line, (size_t)width);
}

/* Height of the bars, and where the track begins; both even. */
static int bars_end(const struct testcard *card)
{
	return card->height * 3 / 10 & ~1;
}

static int track_start(const struct testcard *card)
{
	return card->height * 8 / 10 & ~1;
}

static void draw_background(struct testcard *card)
{
	size_t width = (size_t)card->width, height = (size_t)card->height;
	size_t start = (size_t)track_start(card);
	int first = timecode_height(card->height), end = bars_end(card);
	uint8_t *u = card->planes + width * height, *v = u + width * height / 4;

	memset(card->planes, LUMA_PANEL, width * height);
	memset(u, CHROMA_NONE, width * height / 2);
	fill_bars(card->planes, card->width, first, end, 0);
	fill_bars(u, card->width / 2, first / 2, end / 2, 1);
	fill_bars(v, card->width / 2, first / 2, end / 2, 2);
	for (size_t x = 0; x < width; x++)
		card->ramp[x] = (uint8_t)(RAMP_FIRST +
					  x * (RAMP_LAST - RAMP_FIRST) / width);
	for (size_t y = start; y < height; y++)
		memcpy(card->planes + y * width, card->ramp, width);
}

/* --- text ---------------------------------------------------------------- */

/* Centred, and not larger than the picture is wide. Returns its lines. */
static int place(const struct testcard *card, struct label *label, int scale,
		 const char *text)
{
	int columns = FONT_COLUMNS * (int)strlen(text);

	if (scale > card->width / columns)
		scale = card->width / columns;
	if (scale < 1)
		scale = 1;
	*label = (struct label){
		.style = { .scale = scale,
			   .ink = LUMA_WHITE,
			   .paper = LUMA_PANEL },
		.x = (card->width - columns * scale) / 2,
	};
	return FONT_LINES * scale;
}

static void write_label(struct testcard *card, struct label *label,
			const char *text)
{
	size_t advance = (size_t)(FONT_COLUMNS * label->style.scale);
	size_t length = strlen(text);
	uint8_t *at =
		card->planes + (ptrdiff_t)label->y * card->width + label->x;

	assert(length <= MAX_TEXT);
	for (size_t i = 0; i < length; i++) {
		if (text[i] == label->text[i])
			continue;
		label->text[i] = text[i];
		font_draw(at + i * advance, card->width, &label->style,
			  text[i]);
	}
}

static void place_labels(struct testcard *card)
{
	int top = bars_end(card), room = track_start(card) - top, gap;
	int unit = card->height / 60;
	struct label title;
	int lines[] = { place(card, &title, unit / 2, TITLE_TEXT),
			place(card, &card->clock, unit * 2, CLOCK_TEXT),
			place(card, &card->date, unit / 2, DATE_TEXT) };

	gap = (room - lines[0] - lines[1] - lines[2]) / 4;
	title.y = top + gap;
	card->clock.y = title.y + lines[0] + gap;
	card->date.y = card->clock.y + lines[1] + gap;
	write_label(card, &title, TITLE_TEXT);
}

/* localtime_r() takes some microseconds: once a second is enough. */
static void write_date(struct testcard *card, int64_t wall_s)
{
	char text[64];
	time_t at = (time_t)wall_s;
	struct tm tm = { 0 };

	if (card->date_s == wall_s)
		return;
	card->date_s = wall_s;
	localtime_r(&at, &tm);
	card->zone_s = tm.tm_gmtoff;
	snprintf(text, sizeof(text), "%04d-%02d-%02d %c%02ld%02ld",
		 (tm.tm_year + 1900) % 10000, tm.tm_mon + 1, tm.tm_mday,
		 card->zone_s < 0 ? '-' : '+', labs(card->zone_s) / 3600,
		 labs(card->zone_s) / 60 % 60);
	write_label(card, &card->date, text);
}

static void write_clock(struct testcard *card, int64_t wall_us)
{
	char text[] = CLOCK_TEXT;
	int64_t left;

	write_date(card, wall_us / 1000000);
	left = (wall_us / 1000 + card->zone_s * 1000) % 86400000;
	for (int i = 11; i >= 9; i--, left /= 10)
		text[i] = (char)('0' + left % 10);
	for (int i = 6; i >= 0; i -= 3, left /= 60) {
		text[i] = (char)('0' + left % 60 / 10);
		text[i + 1] = (char)('0' + left % 60 % 10);
	}
	write_label(card, &card->clock, text);
}

/* --- the ball ------------------------------------------------------------ */

static void shape_ball(struct testcard *card)
{
	int room = card->height - track_start(card);
	int most = card->width / 4 < MAX_BALL ? card->width / 4 : MAX_BALL;
	int size = room * 7 / 8 < most ? room * 7 / 8 : most;

	card->ball_size = size;
	card->ball_y = track_start(card) + (room - size) / 2;
	card->ball_x = -1;
	for (int i = 0; i < size; i++) {
		int y = 2 * i + 1 - size; /* from the middle, doubled */
		int half = 0;

		while ((2 * half + 2) * (2 * half + 2) + y * y <= size * size)
			half++;
		card->half[i] = half;
	}
}

/* A triangle: 0 to `range` and back in TESTCARD_BALL_US. */
static int ball_place(int64_t media_us, int range)
{
	int64_t phase = media_us % TESTCARD_BALL_US;

	if (phase > TESTCARD_BALL_US / 2)
		phase = TESTCARD_BALL_US - phase;
	return (int)(phase * range / (TESTCARD_BALL_US / 2));
}

static void roll_ball(struct testcard *card, int64_t media_us)
{
	int size = card->ball_size, old = card->ball_x;
	int x = ball_place(media_us, card->width - size);

	for (int i = 0; i < size; i++) {
		uint8_t *line = card->planes +
				(ptrdiff_t)(card->ball_y + i) * card->width;
		int half = card->half[i];

		if (old >= 0)
			memcpy(line + old, card->ramp + old, (size_t)size);
		memset(line + x + size / 2 - half, LUMA_WHITE,
		       (size_t)(2 * half));
	}
	card->ball_x = x;
}

/* ------------------------------------------------------------------------- */

static bool side_is_valid(int side, int least)
{
	return side % 2 == 0 && side >= least && side <= TESTCARD_MAX_SIDE;
}

int testcard_open(struct testcard **out, int width, int height)
{
	struct testcard *card;

	*out = NULL;
	if (!side_is_valid(width, TESTCARD_MIN_WIDTH) ||
	    !side_is_valid(height, TESTCARD_MIN_HEIGHT))
		return -EINVAL;
	card = calloc(1, sizeof(*card));
	if (!card)
		return -ENOMEM;
	card->width = width;
	card->height = height;
	card->date_s = -1;
	card->planes = malloc((size_t)width * (size_t)height * 3 / 2);
	if (!card->planes) {
		testcard_close(&card);
		return -ENOMEM;
	}
	draw_background(card);
	place_labels(card);
	shape_ball(card);
	*out = card;
	return 0;
}

void testcard_close(struct testcard **card)
{
	if (*card)
		free((*card)->planes);
	free(*card);
	*card = NULL;
}

void testcard_draw(struct testcard *card, int64_t wall_us, int64_t media_us,
		   struct picture *out)
{
	size_t luma = (size_t)card->width * (size_t)card->height;

	timecode_draw(card->planes, card->width, card->width, card->height,
		      (uint32_t)(wall_us / 1000));
	write_clock(card, wall_us);
	roll_ball(card, media_us);
	out->format = PICTURE_I420;
	out->width = card->width;
	out->height = card->height;
	out->plane[0] = card->planes;
	out->plane[1] = card->planes + luma;
	out->plane[2] = card->planes + luma + luma / 4;
	out->stride[0] = card->width;
	out->stride[1] = out->stride[2] = card->width / 2;
}
