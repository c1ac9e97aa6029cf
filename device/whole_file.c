/* SPDX-License-Identifier: MIT */
#include "device/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/whole_io.h"

/* A rename lasts when the folder was written, too: rename(2), fsync(2). */
static void sync_folder(const char *path)
{
	char folder[PATH_MAX];
	char *slash;
	int fd;

	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (!slash)
		return;
	slash[slash == folder] = '\0';
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

static int fill(const struct whole_file_params *p, int fd, const char *text,
		size_t n)
{
	int err;

	if (fchmod(fd, p->mode) < 0)
		return -errno;
	err = write_whole(fd, text, n);
	if (!err && p->durable && fsync(fd) < 0)
		err = -errno;
	return err;
}

int whole_file_write(const struct whole_file_params *p, const char *text,
		     size_t n)
{
	char temporary[PATH_MAX];
	int length = snprintf(temporary, sizeof(temporary), "%s.tmp", p->path);
	int fd, err;

	if (length < 0 || (size_t)length >= sizeof(temporary))
		return -ENAMETOOLONG;
	/* what a killed process left there, or somebody made a link of */
	unlink(temporary);
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	err = fill(p, fd, text, n);
	if (close(fd) < 0 && !err)
		err = -errno;
	if (!err && rename(temporary, p->path) < 0)
		err = -errno;
	if (err < 0)
		unlink(temporary);
	else if (p->durable)
		sync_folder(p->path);
	return err;
}

int whole_file_read(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read_whole(fd, out, size);
	close(fd);
	if (n < 0)
		return (int)n;
	if ((size_t)n == size)
		return -EFBIG;
	out[n] = '\0';
	return (int)n;
}
