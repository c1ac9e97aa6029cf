/* SPDX-License-Identifier: MIT */
#include "device/encoder/m2m_unit.h"

#include <stdbool.h>
#include <string.h>

#define START_CODE 3 /* 00 00 01 */

enum m2m_unit_type m2m_unit_type(const uint8_t *bytes, size_t size)
{
	bool sps = false, pps = false;
	size_t at = h264_find_start_code(bytes, size, 0);

	while (at < size && size - at > START_CODE) {
		int type = bytes[at + START_CODE] & 0x1f;

		sps |= type == H264_SPS;
		pps |= type == H264_PPS;
		if (type == H264_SLICE)
			return M2M_UNIT_PICTURE;
		if (type == H264_IDR)
			return sps && pps ? M2M_UNIT_KEY_WITH_SETS
					  : M2M_UNIT_KEY;
		at = h264_find_start_code(bytes, size, at + START_CODE);
	}
	return sps || pps ? M2M_UNIT_SETS : M2M_UNIT_EMPTY;
}

static size_t append_set(uint8_t *out, const uint8_t *set, size_t size)
{
	static const uint8_t start_code[] = { 0, 0, 0, 1 };

	memcpy(out, start_code, sizeof(start_code));
	memcpy(out + sizeof(start_code), set, size);
	return sizeof(start_code) + size;
}

size_t m2m_unit_join(uint8_t *out, size_t size,
		     const struct h264_parameter_sets *sets,
		     const uint8_t *unit, size_t unit_size)
{
	size_t n;

	if (!sets->sps_size || !sets->pps_size ||
	    size < sets->sps_size + sets->pps_size + 8 ||
	    size - sets->sps_size - sets->pps_size - 8 < unit_size)
		return 0;
	n = append_set(out, sets->sps, sets->sps_size);
	n += append_set(out + n, sets->pps, sets->pps_size);
	memcpy(out + n, unit, unit_size);
	return n + unit_size;
}
