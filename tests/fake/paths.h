/* SPDX-License-Identifier: MIT */
/*
 * paths: the part of /dev and /sys that programs see. It is a real folder
 * with a file for each node, so that listing, links and inotify are the
 * kernel's own; only the names that programs use are turned into those there.
 *
 *   ROOT/dev/videoN                         an empty file
 *   ROOT/dev/v4l/by-id/usb-SERIAL-...       a link to it
 *   ROOT/sys/class/video4linux/videoN/name  the card's name
 *
 * Under world_lock, but for paths_root() and paths_translate() once it is
 * open.
 */
#ifndef TESTS_FAKE_PATHS_H
#define TESTS_FAKE_PATHS_H

#include <stdbool.h>
#include <stddef.h>

struct node;

#define PATHS_MAX 512

/*
 * Makes the folder: `root`, or when NULL one that paths_close() removes.
 * 0 or a negative errno.
 */
int paths_open(const char *root);
void paths_close(void);
const char *paths_root(void);

int paths_add_node(const struct node *node);
void paths_remove_node(const struct node *node);

/* Whether an absolute path is one of ours. Also before paths_open(). */
bool paths_match(const char *path);
/*
 * The file it is; false: none of ours. A path without '/' in front is
 * relative to an open folder. out has PATHS_MAX bytes.
 */
bool paths_translate(int folder, const char *path, char *out);
/* Back to what the program knows it by; false: none of ours. */
bool paths_restore(const char *translated, char *out);

/*
 * The number of the node that a translated path leads to, over links; -1:
 * to none.
 */
int paths_node_number(const char *translated);

/* What stays for the next process of this folder: a node's firmware. */
void paths_set_dead(const struct node *node, bool dead);
bool paths_is_dead(const struct node *node);

#endif
