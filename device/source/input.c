/* SPDX-License-Identifier: MIT */
#include "device/source/input.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>

#define LOG_MODULE "source"
#include "common/clock.h"
#include "common/log.h"
#include "device/stream/h264.h"

#define MAX_FPS	    240
#define DEFAULT_FPS 25
#define LIVE_ANALYZE_US                                                        \
	1000000 /* a second is enough to see a camera's rate                   \
		 */

/* --- errors -------------------------------------------------------------- */

static bool is_stopped(const struct input *in)
{
	struct pollfd fd = { .fd = in->stop_fd, .events = POLLIN };

	return poll(&fd, 1, 0) > 0;
}

/* libavformat asks this while it waits: 1 ends the wait. */
static int interrupted(void *opaque)
{
	const struct input *in = opaque;

	return is_stopped(in) || clock_monotonic_us() > in->deadline_us;
}

static void extend_deadline(struct input *in)
{
	in->deadline_us = clock_monotonic_us() + INPUT_TIMEOUT_US;
}

/* An AVERROR as one of ours. */
static int to_errno(const struct input *in, int averr)
{
	if (averr == AVERROR_EXIT)
		return is_stopped(in) ? -ECANCELED : -ETIMEDOUT;
	if (averr == AVERROR_EOF)
		return in->live ? -EPIPE : -ENODATA;
	if (averr == AVERROR_INVALIDDATA)
		return -EINVAL;
	/* the others of libav are tags, far below any errno */
	return averr > -4096 ? averr : -EIO;
}

static const char *reason(const struct input *in, int averr, char *text,
			  size_t size)
{
	if (to_errno(in, averr) == -ETIMEDOUT)
		return "nothing came for too long";
	if (averr == AVERROR_EOF)
		return "the other side ended it";
	if (av_strerror(averr, text, size) < 0)
		return "for an unknown reason";
	return text;
}

int input_fail(const struct input *in, const char *what, int averr)
{
	char text[AV_ERROR_MAX_STRING_SIZE];

	if (to_errno(in, averr) != -ECANCELED)
		log_error("%s: %s: %s", in->name, what,
			  reason(in, averr, text, sizeof(text)));
	return to_errno(in, averr);
}

static int refuse(const struct input *in, const char *why, const char *step)
{
	log_error("%s %s; %s", in->name, why, step);
	return -EINVAL;
}

/* --- what libavformat opens ---------------------------------------------- */

/* "rtsp://user:secret@host/path?token=1" becomes "rtsp://host/path". */
static void set_name(struct input *in, const char *name)
{
	const char *scheme = strstr(name, "://");
	size_t prefix = scheme ? (size_t)(scheme + 3 - name) : 0;
	const char *rest = name + prefix;
	const char *at = memchr(rest, '@', strcspn(rest, "/?#"));
	char text[INPUT_NAME_SIZE];
	size_t n;

	in->is_url = scheme != NULL;
	if (scheme && at)
		rest = at + 1;
	n = scheme ? strcspn(rest, "?#") : strlen(rest);
	if (prefix > sizeof(text) / 2)
		prefix = sizeof(text) / 2;
	if (n > sizeof(text) - prefix)
		n = sizeof(text) - prefix;
	memcpy(text, name, prefix);
	memcpy(text + prefix, rest, n);
	log_escape(in->name, sizeof(in->name), text, prefix + n);
}

/* What a path can be that is no video, said better than libavformat does. */
static int check_path(const struct input *in, const char *path)
{
	struct stat st;
	int err;

	if (in->is_url)
		return 0;
	if (stat(path, &st) < 0) {
		err = -errno;
		log_error("%s: %s; check the path", in->name, strerror(-err));
		return err;
	}
	if (S_ISDIR(st.st_mode))
		return refuse(in, "is a directory", "name a video in it");
	if (S_ISFIFO(st.st_mode)) /* a read of it could not be stopped */
		return refuse(in, "is a pipe",
			      "read H.264 from it on standard input: - < PIPE");
	if (!S_ISREG(st.st_mode))
		return refuse(in, "is not a file", "name a video");
	if (!st.st_size)
		return refuse(in, "is empty", "record it again");
	return 0;
}

static int explain_open(const struct input *in, int averr)
{
	if (averr == AVERROR_INVALIDDATA)
		return refuse(in,
			      "is not a video, or was cut off before its index "
			      "was written",
			      "see what ffprobe says of it");
	return input_fail(in,
			  in->is_url ? "cannot open it (check the address, and "
				       "that the camera is on)"
				     : "cannot open it (check that it can be "
				       "read)",
			  averr);
}

static int open_format(struct input *in, const struct source_params *params)
{
	AVDictionary *options = NULL;
	int err;

	in->format = avformat_alloc_context();
	if (!in->format)
		return -ENOMEM;
	in->format->interrupt_callback =
		(AVIOInterruptCB){ .callback = interrupted, .opaque = in };
	if (in->is_url)
		in->format->max_analyze_duration = LIVE_ANALYZE_US;
	/* UDP loses packets where a camera is on Wi-Fi; but some have no TCP */
	av_dict_set(&options, "rtsp_flags", "prefer_tcp", 0);
	/* of a raw H.264 file, whose pictures have no time */
	av_dict_set_int(&options, "framerate",
			params->fps > 0 ? params->fps : DEFAULT_FPS, 0);
	extend_deadline(in);
	err = avformat_open_input(&in->format, params->name, NULL, &options);
	av_dict_free(&options);
	in->opened_us = clock_monotonic_us();
	if (err >= 0)
		err = avformat_find_stream_info(in->format, NULL);
	return err < 0 ? explain_open(in, err) : 0;
}

/* Text that libavformat takes for a film of letters. */
static bool is_text(enum AVCodecID codec)
{
	return codec == AV_CODEC_ID_ANSI || codec == AV_CODEC_ID_BINTEXT ||
	       codec == AV_CODEC_ID_XBIN || codec == AV_CODEC_ID_IDF;
}

static int choose_stream(struct input *in)
{
	AVFormatContext *format = in->format;
	int best = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL,
				       0);
	AVStream *st = best < 0 ? NULL : format->streams[best];

	if (!st || st->disposition & AV_DISPOSITION_ATTACHED_PIC)
		return refuse(in,
			      format->nb_streams ? "has sound, but no video"
						 : "has no video",
			      "name a video");
	if (is_text(st->codecpar->codec_id))
		return refuse(in, "is a text", "name a video");
	if (st->codecpar->width < 2 || st->codecpar->height < 2)
		return refuse(in, "has a video whose size is not known",
			      "see what ffprobe says of it");
	for (unsigned int i = 0; i < format->nb_streams; i++) {
		if ((int)i != best)
			format->streams[i]->discard = AVDISCARD_ALL;
	}
	in->stream = st;
	return 0;
}

/* --- what it is ---------------------------------------------------------- */

bool input_is_avcc(const struct input *in)
{
	const AVCodecParameters *p = in->stream->codecpar;

	return p->extradata_size > 6 && p->extradata[0] == 1;
}

/*
 * In an avcC (ISO/IEC 14496-15, 5.3.3.1) the SPS are counted, each has its
 * length in front, and then the PPS are counted.
 */
static void count_avcc(const uint8_t *bytes, size_t size, int *sps, int *pps)
{
	size_t at = 6;

	*sps = bytes[5] & 0x1f;
	for (int i = 0; i < *sps && at + 2 <= size; i++)
		at += 2 + (size_t)(bytes[at] << 8 | bytes[at + 1]);
	*pps = at < size ? bytes[at] : 0;
}

/* The init segment holds one set of each. */
static bool has_few_sets(const struct input *in)
{
	const AVCodecParameters *p = in->stream->codecpar;
	size_t size = (size_t)p->extradata_size, at = 0;
	struct h264_nal nal;
	int sps = 0, pps = 0;

	if (input_is_avcc(in))
		count_avcc(p->extradata, size, &sps, &pps);
	else
		while (h264_next_nal(&nal, p->extradata, size, &at)) {
			sps += nal.type == H264_SPS;
			pps += nal.type == H264_PPS;
		}
	return sps <= 1 && pps <= 1;
}

/* Whether all players take it: 8 bits, 4:2:0, one set of parameters. */
static bool passes_through(const struct input *in)
{
	const AVCodecParameters *p = in->stream->codecpar;
	/* what is above profile_idc are flags of libavcodec */
	int profile = p->profile < 0 ? 0 : p->profile & 0xff;

	return p->codec_id == AV_CODEC_ID_H264 &&
	       (profile == 0 || profile == 66 || profile == 77 ||
		profile == 100) &&
	       (p->format == AV_PIX_FMT_NONE ||
		p->format == AV_PIX_FMT_YUV420P ||
		p->format == AV_PIX_FMT_YUVJ420P) &&
	       has_few_sets(in);
}

static void fill_info(struct input *in)
{
	const AVIOContext *pb = in->format->pb;
	bool seekable = pb && pb->seekable & AVIO_SEEKABLE_NORMAL;
	AVRational fps = av_guess_frame_rate(in->format, in->stream, NULL);

	/* a playlist can be sought in, but not the camera behind it */
	in->live = !seekable ||
		   (in->is_url && in->format->duration == AV_NOPTS_VALUE);
	in->passes = passes_through(in);
	if (fps.num <= 0 || fps.den <= 0 || fps.num / fps.den > MAX_FPS)
		fps = (AVRational){ 0 };
	in->info = (struct source_info){
		.gives = in->passes ? SOURCE_ACCESS_UNITS : SOURCE_PICTURES,
		.width = in->stream->codecpar->width & ~1,
		.height = in->stream->codecpar->height & ~1,
		.fps_num = fps.num,
		.fps_den = fps.den,
	};
}

/* --- damaged files ------------------------------------------------------- */

/*
 * A transport stream has no lengths. That its size is none of whole packets
 * (188 bytes, or with a time stamp, or with FEC) tells that it was cut off.
 */
static bool is_cut_off(const struct input *in)
{
	int64_t size;

	if (in->live || strcmp(in->format->iformat->name, "mpegts"))
		return false;
	size = avio_size(in->format->pb);
	return size > 0 && size % 188 && size % 192 && size % 204;
}

/*
 * At the end of a file a picture may be a piece. Elsewhere the flag is no more
 * than a suspicion (a transport stream that was put together), and decoders
 * cope better with a damaged picture than with none.
 */
static bool is_whole(const struct input *in, const AVPacket *packet)
{
	bool suspect = in->cut_off || packet->flags & AV_PKT_FLAG_CORRUPT;

	return packet->size &&
	       !(suspect && in->format->pb && avio_feof(in->format->pb));
}

static void note_end(struct input *in, const AVPacket *packet)
{
	int64_t at = packet->pts == AV_NOPTS_VALUE ? packet->dts : packet->pts;

	if (at != AV_NOPTS_VALUE && at + packet->duration > in->end)
		in->end = at + packet->duration;
}

/*
 * Whether the file's header promised more video than there was. It counts all
 * streams, of which others may well be longer.
 */
static bool ends_early(const struct input *in)
{
	const AVFormatContext *f = in->format;
	int64_t end =
		av_rescale_q(in->end, in->stream->time_base, AV_TIME_BASE_Q);
	int64_t spare = AV_TIME_BASE / (f->nb_streams == 1 ? 10 : 1);

	return in->end != INT64_MIN && f->duration != AV_NOPTS_VALUE &&
	       f->duration_estimation_method != AVFMT_DURATION_FROM_BITRATE &&
	       f->start_time != AV_NOPTS_VALUE &&
	       end - f->start_time < f->duration - spare;
}

/* --- opening and closing -------------------------------------------------- */

int input_open(struct input *in, const struct source_params *params)
{
	int err;

	in->stop_fd = params->stop_fd;
	set_name(in, params->name);
	if ((err = check_path(in, params->name)) < 0 ||
	    (err = open_format(in, params)) < 0 ||
	    (err = choose_stream(in)) < 0)
		return err;
	fill_info(in);
	in->end = INT64_MIN;
	in->cut_off = is_cut_off(in);
	return 0;
}

void input_close(struct input *in)
{
	avformat_close_input(&in->format);
	in->stream = NULL;
}

/* --- reading ------------------------------------------------------------- */

int input_read(struct input *in, AVPacket *packet)
{
	int err;

	for (;;) {
		av_packet_unref(packet);
		extend_deadline(in);
		err = av_read_frame(in->format, packet);
		if (err < 0)
			break;
		if (packet->stream_index != in->stream->index)
			continue;
		note_end(in, packet);
		if (is_whole(in, packet))
			return 0;
		in->damage = "a picture in it is not whole";
	}
	if (in->live)
		return input_fail(in, "the stream broke off", err);
	if (err == AVERROR_EXIT)
		return input_fail(in, "cannot read it", err);
	if (err != AVERROR_EOF) /* what is behind cannot be found */
		in->damage = "it cannot be read to its end";
	else if (!in->damage && ends_early(in))
		in->damage = "it ends too early";
	return -ENODATA;
}
