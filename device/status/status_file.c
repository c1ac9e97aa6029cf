/* SPDX-License-Identifier: MIT */
#include "device/status/status_file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define LOG_MODULE "status"
#include "common/log.h"
#include "device/status/status_json.h"
#include "device/whole_file.h"

/* Readable by everybody: there is nothing secret in it. */
#define MODE 0644

void status_file_init(struct status_file *f, const char *path)
{
	*f = (struct status_file){ .path = path };
}

static void write_now(struct status_file *f, const struct status_view *v)
{
	char text[STATUS_JSON_SIZE];
	int n = status_json_print(text, sizeof(text), v);
	int err = n < 0 ? n
			: whole_file_write(
				  &(struct whole_file_params){ .path = f->path,
							       .mode = MODE },
				  text, (size_t)n);

	/* the spool's folder may still be made, and this is tried again */
	if (err < 0 && err != -ENOENT && !f->failed)
		log_warn("cannot write %s, so that `oriel-cam status` knows "
			 "nothing: %s",
			 f->path, strerror(-err));
	f->failed = err < 0;
}

void status_file_update(struct status_file *f, struct status *s, int64_t now_us,
			int64_t wall_us)
{
	struct status_view v;

	if (f->begun && now_us - f->written_us < STATUS_FILE_EVERY_US)
		return;
	status_count_fps(s, now_us);
	status_read(s, &v);
	if (f->begun && !f->failed && !memcmp(&v, &f->written, sizeof(v)))
		return;
	f->begun = true;
	f->written_us = now_us;
	f->written = v;
	v.written_us = wall_us;
	write_now(f, &v);
}

void status_file_remove(const struct status_file *f)
{
	if (f->begun)
		unlink(f->path);
}
