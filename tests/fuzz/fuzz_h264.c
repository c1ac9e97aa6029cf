/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as an access unit: every NAL unit through every parser.
 */
#include "device/stream/h264.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct h264_parameter_sets sets = { 0 };
	struct h264_nal nal;
	struct h264_sps sps;
	size_t at = 0;

	h264_collect(&sets, bytes, size);
	h264_parse_sps(&sps, bytes, size);
	while (h264_next_nal(&nal, bytes, size, &at)) {
		h264_parse_sps(&sps, nal.bytes, nal.size);
		h264_starts_picture(nal.bytes, nal.size);
		h264_slice_type(nal.bytes, nal.size);
	}
	return 0;
}
