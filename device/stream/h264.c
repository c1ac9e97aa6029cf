/* SPDX-License-Identifier: MIT */
#include "device/stream/h264.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/* Bounds of H.264 Annex A, level 6.2, so that no size overflows. */
#define MAX_MBS	       1056 /* Sqrt(MaxFS * 8), one side in macroblocks */
#define MAX_REF_FRAMES 16
#define MAX_POC_CYCLE  255 /* num_ref_frames_in_pic_order_cnt_cycle */

/* --- NAL units ----------------------------------------------------------- */

size_t h264_find_start_code(const uint8_t *bytes, size_t size, size_t at)
{
	const uint8_t *one;

	if (at + 3 > size)
		return size;
	/* The C library looks at 16 or 32 bytes at a time. */
	for (at += 2; (one = memchr(bytes + at, 1, size - at)) != NULL;
	     at = (size_t)(one - bytes) + 1)
		if (!one[-1] && !one[-2])
			return (size_t)(one - bytes) - 2;
	return size;
}

bool h264_next_nal(struct h264_nal *out, const uint8_t *bytes, size_t size,
		   size_t *at)
{
	size_t start, end;

	for (end = *at; end < size;) {
		start = h264_find_start_code(bytes, size, end);
		if (start == size)
			break;
		start += 3;
		end = h264_find_start_code(bytes, size, start);
		*at = end;
		/* zero_byte and trailing_zero_8bits (B.1.1) belong to none */
		while (end > start && bytes[end - 1] == 0)
			end--;
		if (end > start) {
			*out = (struct h264_nal){ .bytes = bytes + start,
						  .size = end - start,
						  .type = bytes[start] & 0x1f };
			return true;
		}
		end = *at;
	}
	*at = size;
	return false;
}

/* --- bits ---------------------------------------------------------------- */

/* Reads the RBSP of a NAL unit: emulation prevention bytes are left out. */
struct bits {
	const uint8_t *bytes;
	size_t size, at;
	int zeros;    /* zero bytes in a row, up to `at` */
	int left;     /* bits of `byte` not read yet */
	uint8_t byte; /* the one before `at` */
	bool overrun; /* read beyond the end; what came is 0 */
};

static void next_byte(struct bits *b)
{
	/* 7.4.1: 00 00 03 stands for 00 00 */
	if (b->zeros >= 2 && b->at < b->size && b->bytes[b->at] == 3) {
		b->at++;
		b->zeros = 0;
	}
	if (b->at == b->size) {
		b->overrun = true;
		b->byte = 0;
	} else {
		b->byte = b->bytes[b->at++];
		b->zeros = b->byte ? 0 : b->zeros + 1;
	}
	b->left = 8;
}

static unsigned int read_bit(struct bits *b)
{
	if (!b->left)
		next_byte(b);
	b->left--;
	return b->byte >> b->left & 1;
}

static uint32_t read_bits(struct bits *b, int n)
{
	uint32_t value = 0;

	while (n--)
		value = value << 1 | read_bit(b);
	return value;
}

/* ue(v), clause 9.1; up to 2^32 - 2. */
static uint32_t read_ue(struct bits *b)
{
	int zeros = 0;

	while (!read_bit(b)) {
		if (b->overrun || ++zeros == 32) {
			b->overrun = true;
			return 0;
		}
	}
	return (uint32_t)((UINT64_C(1) << zeros) - 1) + read_bits(b, zeros);
}

/* se(v), clause 9.1.1. */
static int64_t read_se(struct bits *b)
{
	int64_t k = read_ue(b);

	return k & 1 ? (k + 1) / 2 : -(k / 2);
}

/* Behind the NAL header byte. */
static struct bits bits_of_nal(const uint8_t *nal, size_t size)
{
	return (struct bits){ .bytes = nal, .size = size, .at = size ? 1 : 0 };
}

/* --- slices -------------------------------------------------------------- */

bool h264_starts_picture(const uint8_t *nal, size_t size)
{
	/* ue(v) is 0 exactly when its first bit is set */
	return size >= 2 && nal[1] & 0x80;
}

int h264_slice_type(const uint8_t *nal, size_t size)
{
	struct bits b = bits_of_nal(nal, size);
	uint32_t type;

	read_ue(&b); /* first_mb_in_slice */
	type = read_ue(&b);
	return b.overrun || type > 9 ? -1 : (int)(type % 5);
}

/* --- sequence parameter set ---------------------------------------------- */

/* 7.3.2.1.1: profiles whose SPS tells the chroma format. */
static bool has_chroma_format(uint32_t profile)
{
	static const uint8_t profiles[] = { 100, 110, 122, 244, 44,  83, 86,
					    118, 128, 138, 139, 134, 135 };

	return memchr(profiles, (int)profile, sizeof(profiles)) != NULL;
}

/* 7.3.2.1.1.1 */
static void skip_scaling_list(struct bits *b, int size)
{
	int64_t last = 8, next = 8;

	for (int i = 0; i < size && !b->overrun; i++) {
		if (next)
			next = (last + read_se(b)) & 0xff;
		last = next ? next : last;
	}
}

static void skip_scaling_matrix(struct bits *b, uint32_t chroma_format)
{
	int lists = chroma_format == 3 ? 12 : 8;

	for (int i = 0; i < lists; i++) {
		if (read_bit(b))
			skip_scaling_list(b, i < 6 ? 16 : 64);
	}
}

/* Returns chroma_array_type, or -EINVAL. */
static int read_chroma(struct bits *b)
{
	uint32_t format = read_ue(b);
	bool separate = format == 3 && read_bit(b);

	read_ue(b);  /* bit_depth_luma_minus8 */
	read_ue(b);  /* bit_depth_chroma_minus8 */
	read_bit(b); /* qpprime_y_zero_transform_bypass_flag */
	if (format > 3)
		return -EINVAL;
	if (read_bit(b))
		skip_scaling_matrix(b, format);
	return separate ? 0 : (int)format;
}

/* Returns pic_order_cnt_type, or -EINVAL. */
static int read_order_count(struct bits *b)
{
	uint32_t type = read_ue(b), cycle;

	if (type == 0) {
		read_ue(b); /* log2_max_pic_order_cnt_lsb_minus4 */
	} else if (type == 1) {
		read_bit(b); /* delta_pic_order_always_zero_flag */
		read_se(b);  /* offset_for_non_ref_pic */
		read_se(b);  /* offset_for_top_to_bottom_field */
		cycle = read_ue(b);
		if (cycle > MAX_POC_CYCLE)
			return -EINVAL;
		while (cycle--)
			read_se(b); /* offset_for_ref_frame */
	}
	return type > 2 ? -EINVAL : (int)type;
}

/* Size in pixels, behind cropping (7-13 to 7-22). */
static int read_size(struct bits *b, int chroma, struct h264_sps *out)
{
	uint32_t mbs_x = read_ue(b), mbs_y = read_ue(b);
	uint32_t frame_mbs_only = read_bit(b);
	uint64_t crop[4] = { 0 }; /* left, right, top, bottom */
	uint64_t unit_x = chroma == 1 || chroma == 2 ? 2 : 1;
	uint64_t unit_y = (chroma == 1 ? 2 : 1) * (2 - frame_mbs_only);
	uint64_t width, height;

	if (!frame_mbs_only)
		read_bit(b); /* mb_adaptive_frame_field_flag */
	read_bit(b);	     /* direct_8x8_inference_flag */
	if (read_bit(b)) {
		for (int i = 0; i < 4; i++)
			crop[i] = read_ue(b);
	}
	if (mbs_x >= MAX_MBS || mbs_y >= MAX_MBS)
		return -EINVAL;
	width = 16 * ((uint64_t)mbs_x + 1);
	height = 16 * ((uint64_t)mbs_y + 1) * (2 - frame_mbs_only);
	if ((crop[0] + crop[1]) * unit_x >= width ||
	    (crop[2] + crop[3]) * unit_y >= height)
		return -EINVAL;
	out->width = (int)(width - (crop[0] + crop[1]) * unit_x);
	out->height = (int)(height - (crop[2] + crop[3]) * unit_y);
	return 0;
}

/* E.1.2 */
static void skip_hrd(struct bits *b)
{
	uint32_t count = read_ue(b); /* cpb_cnt_minus1 */

	read_bits(b, 8); /* bit_rate_scale, cpb_size_scale */
	for (uint32_t i = 0; i <= count && !b->overrun; i++) {
		read_ue(b);  /* bit_rate_value_minus1 */
		read_ue(b);  /* cpb_size_value_minus1 */
		read_bit(b); /* cbr_flag */
	}
	read_bits(b, 20); /* four lengths of 5 bits */
}

static void read_timing(struct bits *b, struct h264_sps *out)
{
	uint64_t tick = read_bits(b, 32), scale = read_bits(b, 32);
	uint64_t a = scale, c = 2 * tick; /* E-74: a frame is two ticks */

	read_bit(b); /* fixed_frame_rate_flag */
	if (!tick || !scale)
		return;
	for (uint64_t rest; (rest = a % c); a = c, c = rest)
		; /* c becomes the greatest common divisor */
	if (scale / c > INT_MAX || 2 * tick / c > INT_MAX)
		return;
	out->fps_num = (int)(scale / c);
	out->fps_den = (int)(2 * tick / c);
}

static void read_restriction(struct bits *b, struct h264_sps *out)
{
	read_bit(b); /* motion_vectors_over_pic_boundaries_flag */
	for (int i = 0; i < 4; i++)
		read_ue(b); /* two denominators, two log2_max_mv_length */
	if (!read_ue(b))    /* max_num_reorder_frames */
		out->reorders = false;
}

/* E.1.1 */
static void read_vui(struct bits *b, struct h264_sps *out)
{
	bool nal_hrd, vcl_hrd;

	if (read_bit(b) && read_bits(b, 8) == 255) /* Extended_SAR */
		read_bits(b, 32);
	if (read_bit(b))
		read_bit(b); /* overscan_appropriate_flag */
	if (read_bit(b)) {   /* video_signal_type_present_flag */
		read_bits(b, 4);
		if (read_bit(b))
			read_bits(b, 24);
	}
	if (read_bit(b)) { /* chroma_loc_info_present_flag */
		read_ue(b);
		read_ue(b);
	}
	if (read_bit(b))
		read_timing(b, out);
	if ((nal_hrd = read_bit(b)))
		skip_hrd(b);
	if ((vcl_hrd = read_bit(b)))
		skip_hrd(b);
	if (nal_hrd || vcl_hrd)
		read_bit(b); /* low_delay_hrd_flag */
	read_bit(b);	     /* pic_struct_present_flag */
	if (read_bit(b))
		read_restriction(b, out);
}

/*
 * Whether pictures may come in another order than they are shown, as far as
 * the SPS tells before its VUI: not in Baseline (A.2.1: no B slices), not
 * with picture order count type 2 (8.2.1.3), and not where all is intra
 * (E.2.1, max_num_reorder_frames).
 */
static bool may_reorder(int profile, bool constraint_set3, int order_count)
{
	bool intra_only = constraint_set3 &&
			  (profile == 44 || profile == 86 || profile == 100 ||
			   profile == 110 || profile == 122 || profile == 244);

	return profile != 66 && order_count != 2 && !intra_only;
}

int h264_parse_sps(struct h264_sps *out, const uint8_t *nal, size_t size)
{
	struct bits b = bits_of_nal(nal, size);
	struct h264_sps sps = { 0 };
	uint32_t constraints;
	int chroma = 1, order_count, err;

	if (!size || (nal[0] & 0x1f) != H264_SPS)
		return -EINVAL;
	sps.profile = (int)read_bits(&b, 8);
	constraints = read_bits(&b, 8);
	sps.level = (int)read_bits(&b, 8);
	read_ue(&b); /* seq_parameter_set_id */
	if (has_chroma_format((uint32_t)sps.profile) &&
	    (chroma = read_chroma(&b)) < 0)
		return chroma;
	read_ue(&b); /* log2_max_frame_num_minus4 */
	if ((order_count = read_order_count(&b)) < 0)
		return order_count;
	if (read_ue(&b) > MAX_REF_FRAMES) /* max_num_ref_frames */
		return -EINVAL;
	read_bit(&b); /* gaps_in_frame_num_value_allowed_flag */
	if ((err = read_size(&b, chroma, &sps)) < 0)
		return err;
	sps.reorders =
		may_reorder(sps.profile, constraints & 0x10, order_count);
	if (read_bit(&b))
		read_vui(&b, &sps);
	if (b.overrun)
		return -EINVAL;
	*out = sps;
	return 0;
}

/* --- parameter sets of an access unit ------------------------------------ */

/* Replaces one set by another; returns whether it changed. */
static int take(uint8_t *set, size_t *set_size, const struct h264_nal *nal)
{
	if (*set_size == nal->size && !memcmp(set, nal->bytes, nal->size))
		return 0;
	memcpy(set, nal->bytes, nal->size);
	*set_size = nal->size;
	return 1;
}

int h264_collect(struct h264_parameter_sets *sets, const uint8_t *unit,
		 size_t size)
{
	struct h264_nal nal, sps = { 0 }, pps = { 0 };
	size_t at = 0;
	int changed = 0;

	/* Parameter sets stand in front of the picture (7.4.1.2.3). */
	while (h264_next_nal(&nal, unit, size, &at) && nal.type != H264_IDR &&
	       nal.type != H264_SLICE) {
		if (nal.type == H264_SPS && !sps.size)
			sps = nal;
		else if (nal.type == H264_PPS && !pps.size)
			pps = nal;
	}
	if (sps.size > sizeof(sets->sps) || pps.size > sizeof(sets->pps))
		return -EMSGSIZE;
	if (sps.size)
		changed |= take(sets->sps, &sets->sps_size, &sps);
	if (pps.size)
		changed |= take(sets->pps, &sets->pps_size, &pps);
	return changed;
}
