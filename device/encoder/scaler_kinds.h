/* SPDX-License-Identifier: MIT */
/* scaler_kinds: the kinds of scalers there are; for scaler.c. */
#ifndef DEVICE_ENCODER_SCALER_KINDS_H
#define DEVICE_ENCODER_SCALER_KINDS_H

#include "device/encoder/scaler.h"

extern const struct scaler_kind scaler_m2m;
extern const struct scaler_kind scaler_sws;

#endif
