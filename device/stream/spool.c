/* SPDX-License-Identifier: MIT */
#include "device/stream/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define LOG_MODULE "spool"
#include "common/log.h"
#include "common/whole_io.h"

#define TEMPORARY  ".tmp" /* behind a file's name while it is being written */
#define NAME_LIMIT 64

struct spool {
	int fd; /* the directory; also holds the lock */
};

/* mkdir -p, for our own last levels: the parents keep their modes. */
static int make_directory(const char *path)
{
	char *partial = strdup(path);
	int err = 0;

	if (!partial)
		return -ENOMEM;
	for (char *slash = partial; slash && !err;) {
		slash = strchr(slash + 1, '/');
		if (slash)
			*slash = '\0';
		if (mkdir(partial, 0700) < 0 && errno != EEXIST)
			err = -errno;
		if (slash)
			*slash = '/';
	}
	free(partial);
	return err;
}

static int open_directory(struct spool *s, const char *path)
{
	struct stat st;
	int err = make_directory(path);

	if (err < 0) {
		log_error("cannot make %s: %s; choose another with --spool",
			  path, strerror(-err));
		return err;
	}
	s->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (s->fd < 0 || fstat(s->fd, &st) < 0) {
		err = -errno;
		log_error("cannot open %s: %s; choose another with --spool",
			  path, strerror(-err));
		return err;
	}
	if (st.st_uid != geteuid() || faccessat(s->fd, ".", W_OK, 0) < 0) {
		log_error("%s is not ours to write; give it to this user, or "
			  "choose another with --spool",
			  path);
		return -EACCES;
	}
	return 0;
}

static int require_memory(const struct spool *s, const char *path)
{
	struct statfs fs;
	uint32_t type;

	if (fstatfs(s->fd, &fs) < 0)
		return -errno;
	type = (uint32_t)fs.f_type; /* signed where a long has 32 bits */
	if (type == TMPFS_MAGIC || type == RAMFS_MAGIC)
		return 0;
	log_error("%s is not in memory, and writing video all day wears a "
		  "card out; use a directory below /run or /dev/shm, or say "
		  "--spool-anywhere",
		  path);
	return -ENOTSUP;
}

static int lock_directory(const struct spool *s, const char *path)
{
	int err;

	if (!flock(s->fd, LOCK_EX | LOCK_NB))
		return 0;
	err = errno == EWOULDBLOCK ? -EBUSY : -errno;
	log_error("%s is in use by another oriel-cam; stop that one, or give "
		  "this one its own camera name or --spool",
		  path);
	return err;
}

static bool is_finished(const char *name, void *context)
{
	size_t n = strlen(name), suffix = strlen(TEMPORARY);

	(void)context;
	return n < suffix || strcmp(name + n - suffix, TEMPORARY) != 0;
}

int spool_open(struct spool **out, const char *directory, bool any_filesystem)
{
	struct spool *s = calloc(1, sizeof(*s));
	int err;

	*out = NULL;
	if (!s)
		return -ENOMEM;
	s->fd = -1;
	if ((err = open_directory(s, directory)) < 0 ||
	    (!any_filesystem && (err = require_memory(s, directory)) < 0) ||
	    (err = lock_directory(s, directory)) < 0)
		goto fail;
	spool_sweep(s, is_finished, NULL);
	*out = s;
	return 0;

fail:
	spool_close(&s);
	return err;
}

void spool_close(struct spool **spool)
{
	struct spool *s = *spool;

	*spool = NULL;
	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

int spool_write(struct spool *s, const char *name, const void *bytes,
		size_t size)
{
	char temporary[NAME_LIMIT];
	int err, fd, n;

	n = snprintf(temporary, sizeof(temporary), "%s" TEMPORARY, name);
	if (n >= (int)sizeof(temporary))
		return -ENAMETOOLONG;
	fd = openat(s->fd, temporary,
		    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		    0600);
	if (fd < 0)
		return -errno;
	err = write_whole(fd, bytes, size);
	close(fd);
	if (!err && renameat(s->fd, temporary, s->fd, name) < 0)
		err = -errno;
	if (err < 0)
		unlinkat(s->fd, temporary, 0);
	return err;
}

int spool_append(struct spool *s, const char *name, const void *bytes,
		 size_t size)
{
	int fd = openat(s->fd, name,
			O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
			0600);
	int err;

	if (fd < 0)
		return -errno;
	err = write_whole(fd, bytes, size);
	close(fd);
	return err;
}

int spool_read(struct spool *s, const char *name, void *out, size_t size)
{
	int fd = openat(s->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int n;

	if (fd < 0)
		return -errno;
	n = (int)read_whole(fd, out, size);
	close(fd);
	return n;
}

int64_t spool_size(struct spool *s, const char *name)
{
	struct stat st;

	if (fstatat(s->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return st.st_size;
}

void spool_remove(struct spool *s, const char *name)
{
	unlinkat(s->fd, name, 0);
}

void spool_sweep(struct spool *s, bool (*keep)(const char *name, void *context),
		 void *context)
{
	int fd = openat(s->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(dir)))
		if (!keep(entry->d_name, context))
			unlinkat(s->fd, entry->d_name, 0); /* files only */
	closedir(dir);
}
