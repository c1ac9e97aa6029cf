/* SPDX-License-Identifier: MIT */
/* source_kinds: the kinds of sources there are; for source.c. */
#ifndef DEVICE_SOURCE_SOURCE_KINDS_H
#define DEVICE_SOURCE_SOURCE_KINDS_H

#include "device/source/source.h"

extern const struct source_kind source_testcard;
extern const struct source_kind source_annexb;
extern const struct source_kind source_v4l2;
extern const struct source_kind source_rpicam;
extern const struct source_kind source_libav;

#endif
