/* SPDX-License-Identifier: MIT */
/* scaler_kinds: the kinds of scalers there are; for scaler.c. */
#ifndef DEVICE_SCALER_KINDS_H
#define DEVICE_SCALER_KINDS_H

#include "device/scaler.h"

extern const struct scaler_kind scaler_m2m;
extern const struct scaler_kind scaler_sws;

#endif
