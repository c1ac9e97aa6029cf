/* SPDX-License-Identifier: MIT */
/* encoder_kinds: the kinds of encoders there are; for encoder.c. */
#ifndef DEVICE_ENCODER_ENCODER_KINDS_H
#define DEVICE_ENCODER_ENCODER_KINDS_H

#include "device/encoder/encoder.h"

extern const struct encoder_kind encoder_m2m;
extern const struct encoder_kind encoder_x264;

#endif
