/* SPDX-License-Identifier: MIT */
/*
 * What programs call with names: they go to the folder that stands in for
 * /dev and /sys (paths.h), and nodes look like devices.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tests/fake/fdtable.h"
#include "tests/fake/file.h"
#include "tests/fake/paths.h"
#include "tests/fake/real.h"
#include "tests/fake/world.h"

#define VIDEO_MAJOR 81

static const char *find(const char *path, char *translated)
{
	return world_translate(AT_FDCWD, path, translated) ? translated : path;
}

/* --- folders, links and files -------------------------------------------- */

EXPORT FILE *fopen(const char *path, const char *mode)
{
	char translated[PATHS_MAX];

	return real()->fopen(find(path, translated), mode);
}

EXPORT FILE *fopen64(const char *path, const char *mode)
{
	return fopen(path, mode);
}

EXPORT DIR *opendir(const char *path)
{
	char translated[PATHS_MAX];

	return real()->opendir(find(path, translated));
}

EXPORT int scandir(const char *path, struct dirent ***names,
		   int (*choose)(const struct dirent *),
		   int (*order)(const struct dirent **, const struct dirent **))
{
	char translated[PATHS_MAX];

	return real()->scandir(find(path, translated), names, choose, order);
}

EXPORT ssize_t readlink(const char *path, char *out, size_t size)
{
	char translated[PATHS_MAX];

	return real()->readlink(find(path, translated), out, size);
}

EXPORT char *realpath(const char *path, char *out)
{
	char translated[PATHS_MAX], restored[PATHS_MAX];
	char *found = real()->realpath(find(path, translated), out);

	if (found && paths_restore(found, restored))
		memcpy(found, restored, strlen(restored) + 1); /* shorter */
	return found;
}

EXPORT int access(const char *path, int mode)
{
	char translated[PATHS_MAX];

	return real()->access(find(path, translated), mode);
}

EXPORT int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	char translated[PATHS_MAX];

	return real()->inotify_add_watch(fd, find(path, translated), mask);
}

/* --- stat ---------------------------------------------------------------- */

static void make_device(struct stat *st, int number)
{
	st->st_mode = S_IFCHR | 0660;
	st->st_rdev = makedev(VIDEO_MAJOR, (unsigned int)number);
}

static int stat_any(int folder, const char *path, struct stat *out, int flags)
{
	char translated[PATHS_MAX];
	bool ours = world_translate(folder, path, translated);
	int number, err;

	err = real()->fstatat(ours ? AT_FDCWD : folder,
			      ours ? translated : path, out, flags);
	if (err < 0 || !ours || S_ISLNK(out->st_mode))
		return err;
	number = paths_node_number(translated);
	if (number >= 0)
		make_device(out, number);
	return 0;
}

EXPORT int stat(const char *path, struct stat *out)
{
	return stat_any(AT_FDCWD, path, out, 0);
}

EXPORT int lstat(const char *path, struct stat *out)
{
	return stat_any(AT_FDCWD, path, out, AT_SYMLINK_NOFOLLOW);
}

EXPORT int fstatat(int folder, const char *path, struct stat *out, int flags)
{
	return stat_any(folder, path, out, flags);
}

/* Where both are one struct, that is on all 64-bit machines. */
#if __WORDSIZE == 64
_Static_assert(sizeof(struct stat) == sizeof(struct stat64), "not the same");

EXPORT int stat64(const char *restrict path, struct stat64 *restrict out)
{
	return stat_any(AT_FDCWD, path, (struct stat *)out, 0);
}

EXPORT int lstat64(const char *restrict path, struct stat64 *restrict out)
{
	return stat_any(AT_FDCWD, path, (struct stat *)out,
			AT_SYMLINK_NOFOLLOW);
}

EXPORT int fstatat64(int folder, const char *restrict path,
		     struct stat64 *restrict out, int flags)
{
	return stat_any(folder, path, (struct stat *)out, flags);
}

EXPORT int fstat64(int fd, struct stat64 *out)
{
	return fstat(fd, (struct stat *)out);
}
#endif

/* What coreutils use. */
EXPORT int statx(int folder, const char *restrict path, int flags,
		 unsigned int mask, struct statx *restrict out)
{
	char translated[PATHS_MAX];
	bool ours = world_translate(folder, path, translated);
	int number, err;

	err = real()->statx(ours ? AT_FDCWD : folder, ours ? translated : path,
			    flags, mask, out);
	if (err < 0 || !ours || S_ISLNK(out->stx_mode))
		return err;
	number = paths_node_number(translated);
	if (number < 0)
		return 0;
	out->stx_mode = S_IFCHR | 0660;
	out->stx_rdev_major = VIDEO_MAJOR;
	out->stx_rdev_minor = (uint32_t)number;
	return 0;
}

EXPORT int fstat(int fd, struct stat *out)
{
	int err = real()->fstat(fd, out);
	const struct file *f;

	if (err < 0 || !fdtable_is_ours(fd))
		return err;
	pthread_mutex_lock(&world_lock);
	f = fdtable_file(fd);
	if (f)
		make_device(out, f->node->last_number);
	pthread_mutex_unlock(&world_lock);
	return 0;
}
