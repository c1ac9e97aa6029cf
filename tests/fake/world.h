/* SPDX-License-Identifier: MIT */
/*
 * world: begins all when a program first looks at a device, and ends it with
 * the program.
 *
 *   FAKEV4L2         lines of a script, apart by newline or ';'
 *   FAKEV4L2_FILE    a file with more, followed while the program runs
 *   FAKEV4L2_ROOT    the folder with /dev and /sys; made and removed if unset
 *   FAKEV4L2_REPORT  where the report goes
 */
#ifndef TESTS_FAKE_WORLD_H
#define TESTS_FAKE_WORLD_H

#include <stdbool.h>

/*
 * Whether a path that the program uses is one of ours, and which file it is
 * then; out has PATHS_MAX bytes. The first such path begins all: the devices,
 * and the thread that watches the clock. Without world_lock. Ends the program
 * when the script is wrong.
 */
bool world_translate(int folder, const char *path, char *out);

#endif
