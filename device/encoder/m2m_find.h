/* SPDX-License-Identifier: MIT */
/*
 * m2m_find: the hardware encoder that --encoder means: "auto", "v4l2" or
 * "v4l2:/dev/videoN".
 */
#ifndef DEVICE_ENCODER_M2M_FIND_H
#define DEVICE_ENCODER_M2M_FIND_H

#include "device/v4l2/v4l2_find.h"

/* Finds its node. That there is none is logged. */
int m2m_find(struct v4l2_node *node, const char *name);

/* What it takes in, a bit 1 << enum picture_format each; 0: there is none. */
unsigned int m2m_find_formats(const char *name);

#endif
