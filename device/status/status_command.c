/* SPDX-License-Identifier: MIT */
#include "device/status/status_command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "device/status/relay_state.h"
#include "device/status/status_json.h"
#include "device/status/status_words.h"
#include "device/whole_file.h"

/* --- here -------------------------------------------------------------------
 */

/* A process of another user is one that runs, too. */
static bool is_running(int pid)
{
	return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

/* 0: shown; -ENOENT: it is none of a camera that runs, and *why. */
static int show(const struct status_question *q, const char *path,
		const char *text, char *why, size_t size)
{
	struct status_view v;
	int err = status_json_parse(&v, text);

	if (err < 0) {
		fprintf(stderr,
			"oriel-cam: %s is not a status of this version; "
			"is the camera's program another one?\n",
			path);
		return err;
	}
	if (!is_running(v.pid)) {
		snprintf(why, size, "%s is left from process %d, which is gone",
			 path, v.pid);
		return -ENOENT;
	}
	if (q->json)
		fputs(text, stdout);
	else
		status_words_print(stdout, &v, q->wall_us);
	return 0;
}

/* Likewise of the first file that there is. */
static int look_here(const struct status_question *q, char *why, size_t size)
{
	char text[STATUS_JSON_SIZE];

	for (size_t i = 0; q->paths[i]; i++) {
		int n = whole_file_read(q->paths[i], text, sizeof(text));

		if (n >= 0)
			return show(q, q->paths[i], text, why, size);
		if (n == -ENOENT || n == -ENOTDIR)
			continue;
		snprintf(why, size, "cannot read %s: %s; try it with sudo",
			 q->paths[i], strerror(-n));
		return -ENOENT;
	}
	snprintf(why, size, "there is no %s", q->paths[0]);
	return -ENOENT;
}

/* --- at the relay -----------------------------------------------------------
 */

/* One object on one line, without what may be behind it. */
static void print_json(const char *answer)
{
	printf("{\"running\":false,\"relay\":%.*s}\n",
	       (int)strcspn(answer, "\r\n"), answer);
}

static int show_answer(const struct status_question *q, const char *answer,
		       const char *here)
{
	struct relay_state s;
	int err = relay_state_parse(&s, answer);

	if (err < 0) {
		fprintf(stderr,
			"oriel-cam: what %s answers is none of an "
			"oriel-relay; is --relay right?\n",
			q->relay);
		return err;
	}
	if (q->json) {
		print_json(answer);
	} else {
		printf("No camera runs here that can be looked at: %s.\n"
		       "What %s knows:\n\n",
		       here, q->relay);
		relay_state_print(stdout, &s);
	}
	return relay_state_is_up(&s) ? 0 : -ENOENT;
}

static int say_none(const struct status_question *q, const char *here,
		    const char *relay)
{
	if (q->json) {
		puts("{\"running\":false}");
		return -ENOENT;
	}
	printf("No camera runs here: %s.\n"
	       "`systemctl status oriel-cam` tells how it ended, "
	       "`oriel-cam check` what is plugged in.\n"
	       "Another spool or camera than the service's is found "
	       "with the same --spool or --camera.\n",
	       here);
	if (relay)
		printf("The relay cannot be asked: %s\n", relay);
	return -ENOENT;
}

int status_command(const struct status_question *q)
{
	char answer[STATUS_ANSWER_SIZE], here[512];
	const char *why = q->hint;
	int err = look_here(q, here, sizeof(here));

	if (err != -ENOENT)
		return err;
	if (!q->relay || q->ask(q->context, answer, &why) < 0)
		return say_none(q, here, why);
	return show_answer(q, answer, here);
}
