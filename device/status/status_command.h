/* SPDX-License-Identifier: MIT */
/*
 * status_command: `oriel-cam status`: what a camera that runs on this machine
 * is doing, from its status_file; or, where none is, what somebody else knows.
 * Main thread, without any other.
 */
#ifndef DEVICE_STATUS_STATUS_COMMAND_H
#define DEVICE_STATUS_STATUS_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A state.json (docs/http.md). */
#define STATUS_ANSWER_SIZE 4096

struct status_question {
	const char *const *paths; /* where a file may be; ends with NULL */
	bool json;
	int64_t wall_us;
	const char *relay; /* for people; NULL: there is none to ask */
	/* Why nobody can be asked, with what to do; NULL: not worth a word. */
	const char *hint;
	/*
	 * Asks the relay for the camera's state.json; negative errno, and in
	 * *why (borrowed from the context) a sentence.
	 */
	int (*ask)(void *context, char out[static STATUS_ANSWER_SIZE],
		   const char **why);
	void *context;
};

/*
 * Prints what the first file says, else what the relay says, on stdout.
 * Returns 0; -ENOENT when no camera runs, as far as that can be known, said
 * likewise; -EPROTO when what was said is not to be understood.
 */
int status_command(const struct status_question *q);

#endif
