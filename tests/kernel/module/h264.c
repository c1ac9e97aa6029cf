// SPDX-License-Identifier: GPL-2.0-only
#include <linux/string.h>

#include "h264.h"

enum { NAL_SLICE = 1, NAL_IDR = 5, NAL_SPS = 7, NAL_PPS = 8 };
enum { SLICE_ALL_P = 5, SLICE_ALL_I = 7 };
enum { MB_I_PCM = 25, MB_P_FIRST_INTRA = 5 };

size_t h264_largest(u32 blocks)
{
	/* Escapes make it half as large again in the worst case. */
	return 256 + (size_t)blocks * (H264_BLOCK * 3 / 2 + 4);
}

static void raw(struct h264_writer *w, u8 byte)
{
	if (w->at == w->end) {
		w->full = true;
		return;
	}
	*w->at++ = byte;
}

/* A byte of a NAL unit, escaped where it would look like a start code. */
static void byte(struct h264_writer *w, u8 value)
{
	if (w->zeros == 2 && value <= 3) {
		raw(w, 3);
		w->zeros = 0;
	}
	raw(w, value);
	w->zeros = value ? 0 : w->zeros + 1;
}

static void bytes(struct h264_writer *w, const u8 *from, size_t n)
{
	while (n) {
		const u8 *zero = memchr(from, 0, n);
		size_t plain = zero ? zero - from : n;

		/* What follows up to two zeros may need an escape. */
		if (w->zeros || plain < 2) {
			byte(w, *from++);
			n--;
			continue;
		}
		if (plain > w->end - w->at) {
			w->full = true;
			return;
		}
		memcpy(w->at, from, plain);
		w->at += plain;
		from += plain;
		n -= plain;
	}
}

static void put(struct h264_writer *w, u32 value, u32 n)
{
	while (n--) {
		w->cache = w->cache << 1 | (value >> n & 1);
		if (++w->bits == 8) {
			byte(w, w->cache);
			w->cache = w->bits = 0;
		}
	}
}

/* ue(v), 9.1 */
static void put_ue(struct h264_writer *w, u32 value)
{
	u32 length = 32 - __builtin_clz(value + 1);

	put(w, 0, length - 1);
	put(w, value + 1, length);
}

static void align_zero(struct h264_writer *w)
{
	if (w->bits)
		put(w, 0, 8 - w->bits);
}

static void begin(struct h264_writer *w, u32 ref_idc, u32 type)
{
	raw(w, 0);
	raw(w, 0);
	raw(w, 0);
	raw(w, 1);
	raw(w, ref_idc << 5 | type);
	w->cache = w->bits = w->zeros = 0;
}

/* rbsp_trailing_bits() */
static void finish(struct h264_writer *w)
{
	put(w, 1, 1);
	align_zero(w);
}

static void put_vui(struct h264_writer *w, const struct h264_stream *s)
{
	put(w, 0, 1); /* aspect_ratio_info */
	put(w, 0, 1); /* overscan_info */
	put(w, 0, 1); /* video_signal_type: a Pi leaves it out, too */
	put(w, 0, 1); /* chroma_loc_info */
	put(w, 1, 1); /* timing_info */
	put(w, s->tick >> 16, 16);
	put(w, s->tick & 0xffff, 16);
	put(w, s->time_scale >> 16, 16);
	put(w, s->time_scale & 0xffff, 16);
	put(w, 0, 1); /* fixed_frame_rate_flag */
	put(w, 0, 1); /* nal_hrd */
	put(w, 0, 1); /* vcl_hrd */
	put(w, 0, 1); /* pic_struct */
	put(w, 1, 1); /* bitstream_restriction: nothing is reordered */
	put(w, 1, 1);
	put_ue(w, 0);
	put_ue(w, 0);
	put_ue(w, 10);
	put_ue(w, 10);
	put_ue(w, 0); /* max_num_reorder_frames */
	put_ue(w, 1); /* max_dec_frame_buffering */
}

/* seq_parameter_set_data(), 7.3.2.1.1 */
static void put_sps(struct h264_writer *w, const struct h264_stream *s)
{
	u32 wide = (s->width + 15) / 16, high = (s->height + 15) / 16;
	bool crop = s->width % 16 || s->height % 16;

	begin(w, 3, NAL_SPS);
	put(w, s->profile_idc, 8);
	put(w, s->constraints, 8);
	put(w, s->level_idc, 8);
	put_ue(w, 0);
	if (s->profile_idc == 100) {
		put_ue(w, 1); /* 4:2:0 */
		put_ue(w, 0); /* 8 bits */
		put_ue(w, 0);
		put(w, 0, 2);
	}
	put_ue(w, 4); /* frame_num has 8 bits */
	put_ue(w, 2); /* pic_order_cnt_type: as decoded */
	put_ue(w, 1); /* one reference */
	put(w, 0, 1);
	put_ue(w, wide - 1);
	put_ue(w, high - 1);
	put(w, 1, 1); /* frame_mbs_only */
	put(w, 1, 1); /* direct_8x8_inference */
	put(w, crop, 1);
	if (crop) {
		put_ue(w, 0);
		put_ue(w, (wide * 16 - s->width) / 2);
		put_ue(w, 0);
		put_ue(w, (high * 16 - s->height) / 2);
	}
	put(w, 1, 1);
	put_vui(w, s);
	finish(w);
}

/* pic_parameter_set_rbsp(), 7.3.2.2 */
static void put_pps(struct h264_writer *w)
{
	begin(w, 3, NAL_PPS);
	put_ue(w, 0);
	put_ue(w, 0);
	put(w, 0, 1); /* CAVLC */
	put(w, 0, 1);
	put_ue(w, 0); /* one slice group */
	put_ue(w, 0);
	put_ue(w, 0);
	put(w, 0, 1);
	put(w, 0, 2);
	put_ue(w, 0);
	put_ue(w, 0);
	put_ue(w, 0);
	put(w, 1, 1); /* deblocking_filter_control_present */
	put(w, 0, 1);
	put(w, 0, 1);
	finish(w);
}

void h264_headers(struct h264_writer *w, const struct h264_stream *s)
{
	put_sps(w, s);
	put_pps(w);
}

/* slice_header(), 7.3.3 */
static void put_slice_header(struct h264_writer *w,
			     const struct h264_picture *p)
{
	put_ue(w, 0);
	put_ue(w, p->idr ? SLICE_ALL_I : SLICE_ALL_P);
	put_ue(w, 0);
	put(w, p->frame_num, 8);
	if (p->idr) {
		put_ue(w, p->idr_id);
		put(w, 0, 2); /* dec_ref_pic_marking() of an IDR picture */
	} else {
		put(w, 0, 1); /* num_ref_idx_active_override_flag */
		put(w, 0, 1); /* ref_pic_list_modification_flag_l0 */
		put(w, 0, 1); /* adaptive_ref_pic_marking_mode_flag */
	}
	put_ue(w, 0); /* slice_qp_delta */
	put_ue(w, 1); /* no deblocking: I_PCM stays as it is */
}

static void put_pcm(struct h264_writer *w, bool idr, const u8 *block)
{
	put_ue(w, idr ? MB_I_PCM : MB_P_FIRST_INTRA + MB_I_PCM);
	align_zero(w);
	bytes(w, block, H264_BLOCK);
}

void h264_picture(struct h264_writer *w, const struct h264_picture *p)
{
	u8 *reference = p->reference;
	u8 block[H264_BLOCK];
	u32 skipped = 0;

	begin(w, 3, p->idr ? NAL_IDR : NAL_SLICE);
	put_slice_header(w, p);
	for (u32 y = 0; y < p->blocks_high; y++) {
		for (u32 x = 0; x < p->blocks_wide; x++) {
			p->block(p->from, x, y, block);
			if (!p->idr && !memcmp(block, reference, H264_BLOCK)) {
				skipped++;
			} else {
				if (!p->idr)
					put_ue(w, skipped);
				put_pcm(w, p->idr, block);
				memcpy(reference, block, H264_BLOCK);
				skipped = 0;
			}
			reference += H264_BLOCK;
		}
	}
	if (skipped)
		put_ue(w, skipped);
	finish(w);
}
