/* SPDX-License-Identifier: MIT */
/*
 * script: which devices there are, and, by faults.c, what goes wrong with
 * them; README.md has the syntax. Under world_lock.
 */
#ifndef TESTS_FAKE_SCRIPT_H
#define TESTS_FAKE_SCRIPT_H

/*
 * Reads lines, apart by newline or ';'. Returns 0, or -EINVAL after a line
 * on stderr with the one that is wrong.
 */
int script_read(const char *text);

/* As if nothing had been read: no device, no fault. */
void script_forget(void);

/* Plugs in all that was not told otherwise. */
void script_plug_all(void);

/* Reads what was appended to the file since the last call. */
int script_follow(const char *path);

#endif
