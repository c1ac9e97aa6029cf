/* SPDX-License-Identifier: MIT */
#include "device/status/status_command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "device/status/status_json.h"
#include "device/status/status_words.h"
#include "device/whole_file.h"

/* A process of another user is one that runs, too. */
static bool is_running(int pid)
{
	return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

static int say_none(bool json, const char *why)
{
	if (json)
		printf("{\"running\":false}\n");
	else
		printf("No camera runs here: %s.\n"
		       "`systemctl status oriel-cam` tells how it ended, "
		       "`oriel-cam check` what is plugged in.\n"
		       "Another spool or camera than the service's is found "
		       "with the same --spool or --camera.\n",
		       why);
	return -ENOENT;
}

static int say_denied(const char *path, int err)
{
	fprintf(stderr, "oriel-cam: cannot read %s: %s; try it with sudo\n",
		path, strerror(-err));
	return err;
}

static int show(const char *path, const char *text, bool json, int64_t wall_us)
{
	struct status_view v;
	char why[512];
	int err = status_json_parse(&v, text);

	if (err < 0) {
		fprintf(stderr,
			"oriel-cam: %s is not a status of this version; "
			"is the camera's program another one?\n",
			path);
		return err;
	}
	if (!is_running(v.pid)) {
		snprintf(why, sizeof(why),
			 "%s is left from process %d, which is gone", path,
			 v.pid);
		return say_none(json, why);
	}
	if (json)
		fputs(text, stdout);
	else
		status_words_print(stdout, &v, wall_us);
	return 0;
}

int status_command(const char *const *paths, bool json, int64_t wall_us)
{
	char text[STATUS_JSON_SIZE], why[512];

	for (size_t i = 0; paths[i]; i++) {
		int n = whole_file_read(paths[i], text, sizeof(text));

		if (n >= 0)
			return show(paths[i], text, json, wall_us);
		if (n != -ENOENT && n != -ENOTDIR)
			return say_denied(paths[i], n);
	}
	snprintf(why, sizeof(why), "there is no %s", paths[0]);
	return say_none(json, why);
}
