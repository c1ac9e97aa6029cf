/* SPDX-License-Identifier: MIT */
#include "device/status/status_words.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

/* 1234567 -> "1.2 MB". In thousands, as network operators count. */
static const char *bytes_text(char out[static 32], uint64_t bytes)
{
	static const char *const units[] = { "bytes", "kB", "MB", "GB", "TB" };
	double value = (double)bytes;
	int unit = 0;

	while (value >= 999.5 && unit < 4) {
		value /= 1000;
		unit++;
	}
	snprintf(out, 32, "%.*f %s", unit && value < 10 ? 1 : 0, value,
		 units[unit]);
	return out;
}

static const char *bitrate_text(char out[static 32], uint32_t bitrate)
{
	if (bitrate < 1000000)
		snprintf(out, 32, "%u kbit/s", bitrate / 1000);
	else
		snprintf(out, 32, "%.1f Mbit/s", bitrate / 1e6);
	return out;
}

/* For how long: "12 s", "5 min", "3 h", "2 days". */
static const char *span_text(char out[static 32], int64_t us)
{
	int64_t s = us > 0 ? us / 1000000 : 0;

	if (s < 100)
		snprintf(out, 32, "%" PRId64 " s", s);
	else if (s < 100 * 60)
		snprintf(out, 32, "%" PRId64 " min", s / 60);
	else if (s < 48 * 3600)
		snprintf(out, 32, "%" PRId64 " h", s / 3600);
	else
		snprintf(out, 32, "%" PRId64 " days", s / 86400);
	return out;
}

static const char *mode_words(const struct status_view *v)
{
	switch (v->mode) {
	case WIRE_QUIET:
		return "quiet: nobody watches, so no picture is sent";
	case WIRE_ASLEEP:
		return "asleep: nobody watches; it asks now and then";
	case WIRE_POSTERS:
		return "only posters: the data budget is used up";
	default:
		return "live: everything is sent";
	}
}

static void print_relay(FILE *out, const struct status_view *v, int64_t wall_us)
{
	char span[32];

	if (!v->relay[0]) {
		fprintf(out, "Relay      none%s\n",
			v->origin[0] ? "" : ": the stream stays in the spool");
		return;
	}
	span_text(span, wall_us - v->connected_us);
	if (v->mode == WIRE_ASLEEP && v->checkin_s && !v->connected)
		fprintf(out, "Relay      %s, asked every %u s\n", v->relay,
			v->checkin_s);
	else
		fprintf(out, "Relay      %s, %s for %s\n", v->relay,
			v->connected ? "connected" : "not connected", span);
	if (v->mode == WIRE_LIVE && !v->connected)
		fputs("Sending    nothing before there is a connection\n", out);
	else
		fprintf(out, "Sending    %s (for %s)\n", mode_words(v),
			span_text(span, wall_us - v->mode_us));
}

static void print_origin(FILE *out, const struct status_view *v)
{
	if (v->origin[0])
		fprintf(out, "Origin     %s: %s\n", v->origin,
			v->origin_note[0] ? v->origin_note
					  : "it takes what is pushed");
}

/* There is nobody to encode for. */
static bool is_resting(const struct status_view *v)
{
	return v->mode == WIRE_ASLEEP || v->mode == WIRE_POSTERS;
}

static void print_picture(FILE *out, const struct status_view *v)
{
	char rate[32];

	if (!v->source[0]) {
		fputs("Picture    none yet: the source is being opened\n", out);
		return;
	}
	fprintf(out, "Picture    %s", v->source);
	if (v->width && v->height)
		fprintf(out, ", %dx%d", v->width, v->height);
	if (!v->fps_milli && is_resting(v)) {
		fputs(", not encoded now\n", out);
		return;
	}
	fprintf(out, ", %.1f frames a second", v->fps_milli / 1000.0);
	fprintf(out, v->encoder[0] ? ", encoded by %s" : ", passed through%s",
		v->encoder);
	if (v->bitrate)
		fprintf(out, " at %s", bitrate_text(rate, v->bitrate));
	fputc('\n', out);
}

static void print_link(FILE *out, const struct status_view *v)
{
	char sent[32], media[32], posters[32];

	if (!v->relay[0])
		return;
	if (v->connected && v->mode == WIRE_LIVE)
		fprintf(out, "Behind     %.1f s\n", v->behind_ms / 1000.0);
	if (v->skipped_ms)
		fprintf(out, "Skipped    %.1f s, because the line was slow\n",
			v->skipped_ms / 1000.0);
	fprintf(out, "Sent       %s: %s of media, %s of posters\n",
		bytes_text(sent, v->traffic.sent),
		bytes_text(media, v->traffic.media),
		bytes_text(posters, v->traffic.posters));
}

static void print_budget(FILE *out, const struct status_view *v)
{
	const struct status_budget *b = &v->budget;
	char used[32], limit[32], rate[32], ends[32] = "";
	time_t at = (time_t)(b->ends_us / 1000000);
	struct tm tm;

	if (!b->limit_bytes)
		return;
	fprintf(out, "Budget     %s of %s used",
		bytes_text(used, b->used_bytes),
		bytes_text(limit, b->limit_bytes));
	if (b->ends_us && gmtime_r(&at, &tm) &&
	    strftime(ends, sizeof(ends), "%Y-%m-%d %H:%M", &tm))
		fprintf(out, ", until %s UTC", ends);
	if (b->ceiling)
		fprintf(out, "; it allows %s", bitrate_text(rate, b->ceiling));
	fputc('\n', out);
}

void status_words_print(FILE *out, const struct status_view *v, int64_t wall_us)
{
	char span[32];

	fprintf(out, "Camera     %s, running for %s (process %d)\n", v->camera,
		span_text(span, wall_us - v->started_us), v->pid);
	print_relay(out, v, wall_us);
	print_origin(out, v);
	print_picture(out, v);
	print_link(out, v);
	print_budget(out, v);
	if (v->note[0])
		fprintf(out, "Note       %s\n", v->note);
}

static void put_place(char *out, size_t size, const struct status_view *v)
{
	if (!v->source[0])
		snprintf(out, size, "the source is being opened");
	else if (!v->relay[0] && v->origin[0])
		snprintf(out, size, "pushes to %s", v->origin);
	else if (!v->relay[0])
		snprintf(out, size, "the stream stays in the spool");
	else if (v->connected)
		snprintf(out, size, "%s at %s", status_mode_name(v->mode),
			 v->relay);
	else if (v->mode == WIRE_ASLEEP && v->checkin_s)
		snprintf(out, size, "asleep, asks %s every %u s", v->relay,
			 v->checkin_s);
	else
		snprintf(out, size, "not connected to %s", v->relay);
}

void status_words_line(char *out, size_t size, const struct status_view *v)
{
	const char *note = v->note[0] ? v->note : v->origin_note;
	size_t n;

	put_place(out, size, v);
	n = strlen(out);
	if (note[0] && n < size)
		snprintf(out + n, size - n, "; %s", note);
}
