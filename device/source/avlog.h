/* SPDX-License-Identifier: MIT */
/*
 * avlog: routes what libav has to say into our log, as debug lines: a broken
 * stream makes it say the same many times a second, and whoever called it
 * tells the reason in a sentence anyway.
 *
 * Any thread; calling it again changes nothing.
 */
#ifndef DEVICE_SOURCE_AVLOG_H
#define DEVICE_SOURCE_AVLOG_H

void avlog_route(void);

#endif
