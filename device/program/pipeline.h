/* SPDX-License-Identifier: MIT */
/*
 * pipeline: the camera at work. Opens everything, starts the threads, waits
 * for a signal, stops them. It looks after the media thread meanwhile, and
 * does without it once that is lost in a driver.
 */
#ifndef DEVICE_PROGRAM_PIPELINE_H
#define DEVICE_PROGRAM_PIPELINE_H

#include "device/config.h"

/*
 * Runs until SIGTERM or SIGINT, or until nothing more will come. Returns 0 or
 * a negative errno, logged. Does not return when the media thread hangs.
 */
int pipeline_run(const struct config *config);

#endif
