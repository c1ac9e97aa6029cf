/* SPDX-License-Identifier: MIT */
/*
 * show_status: `oriel-cam status`: where the configuration says that a camera
 * is, and whom to ask when it is not. Main thread, without any other.
 */
#ifndef DEVICE_PROGRAM_SHOW_STATUS_H
#define DEVICE_PROGRAM_SHOW_STATUS_H

#include "device/config.h"

/* As status_command(). */
int show_status(const struct config *config);

#endif
