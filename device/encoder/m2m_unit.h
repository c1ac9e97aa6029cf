/* SPDX-License-Identifier: MIT */
/*
 * m2m_unit: what a hardware encoder has put into a buffer. Firmware gives
 * parameter sets alone, in front of a key frame, or not at all in front of
 * one, by version and mood. The first coded slice decides, and nothing behind
 * it is read: the memory of these buffers is slow to read.
 *
 * Pure; any thread.
 */
#ifndef DEVICE_ENCODER_M2M_UNIT_H
#define DEVICE_ENCODER_M2M_UNIT_H

#include <stddef.h>
#include <stdint.h>

#include "device/stream/h264.h"

enum m2m_unit_type {
	M2M_UNIT_EMPTY, /* nothing of use */
	M2M_UNIT_SETS,	/* an SPS or a PPS, and no picture */
	M2M_UNIT_PICTURE,
	M2M_UNIT_KEY, /* an IDR picture without an SPS and a PPS */
	M2M_UNIT_KEY_WITH_SETS,
};

enum m2m_unit_type m2m_unit_type(const uint8_t *bytes, size_t size);

/* What one parameter set may add to a unit. */
#define M2M_UNIT_SET_ROOM (H264_MAX_PARAMETER_SET + 4)

/*
 * Puts the sets and then the unit into `out`. Returns the size; 0: there are
 * no sets yet, or no room.
 */
size_t m2m_unit_join(uint8_t *out, size_t size,
		     const struct h264_parameter_sets *sets,
		     const uint8_t *unit, size_t unit_size);

#endif
