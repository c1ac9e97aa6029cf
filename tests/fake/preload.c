/* SPDX-License-Identifier: MIT */
/*
 * What programs call with descriptors: open, close, ioctl, mmap and kin. For
 * all that is not a fake device these are the C library's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/dma-buf.h>

#include "tests/fake/faults.h"
#include "tests/fake/fdtable.h"
#include "tests/fake/file.h"
#include "tests/fake/ioctl.h"
#include "tests/fake/memory.h"
#include "tests/fake/paths.h"
#include "tests/fake/real.h"
#include "tests/fake/world.h"

/* These have no header that declares them. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int folder, const char *path, int flags);
int __openat64_2(int folder, const char *path, int flags);

static int fail(int err)
{
	errno = -err;
	return -1;
}

/* --- open ---------------------------------------------------------------- */

static int open_node(struct node *node, int flags)
{
	struct file *f;
	int fd, err = faults_on_call(node, "open", "");

	if (err == 0)
		err = file_open(&f, node);
	if (err < 0)
		return fail(err);
	fd = file_new_descriptor(f, flags);
	file_release(&f);
	return fd < 0 ? fail(fd) : fd;
}

static int open_ours(const char *path, int flags, mode_t mode)
{
	struct node *node;
	int fd;

	pthread_mutex_lock(&world_lock);
	node = node_find_number(paths_node_number(path));
	if (node) {
		fd = open_node(node, flags);
		pthread_mutex_unlock(&world_lock);
		return fd;
	}
	pthread_mutex_unlock(&world_lock);
	return real()->open(path, flags, mode);
}

static int open_any(int folder, const char *path, int flags, mode_t mode)
{
	char translated[PATHS_MAX];

	if (world_translate(folder, path, translated))
		return open_ours(translated, flags, mode);
	return folder == AT_FDCWD ? real()->open(path, flags, mode)
				  : real()->openat(folder, path, flags, mode);
}

static mode_t read_mode(int flags, va_list list)
{
	return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE
		       ? va_arg(list, mode_t)
		       : 0;
}

EXPORT int open(const char *path, int flags, ...)
{
	va_list list;
	mode_t mode;

	va_start(list, flags);
	mode = read_mode(flags, list);
	va_end(list);
	return open_any(AT_FDCWD, path, flags, mode);
}

EXPORT int open64(const char *path, int flags, ...)
{
	va_list list;
	mode_t mode;

	va_start(list, flags);
	mode = read_mode(flags, list);
	va_end(list);
	return open_any(AT_FDCWD, path, flags | O_LARGEFILE, mode);
}

EXPORT int openat(int folder, const char *path, int flags, ...)
{
	va_list list;
	mode_t mode;

	va_start(list, flags);
	mode = read_mode(flags, list);
	va_end(list);
	return open_any(folder, path, flags, mode);
}

EXPORT int openat64(int folder, const char *path, int flags, ...)
{
	va_list list;
	mode_t mode;

	va_start(list, flags);
	mode = read_mode(flags, list);
	va_end(list);
	return open_any(folder, path, flags | O_LARGEFILE, mode);
}

EXPORT int __open_2(const char *path, int flags)
{
	return open_any(AT_FDCWD, path, flags, 0);
}

EXPORT int __open64_2(const char *path, int flags)
{
	return open_any(AT_FDCWD, path, flags | O_LARGEFILE, 0);
}

EXPORT int __openat_2(int folder, const char *path, int flags)
{
	return open_any(folder, path, flags, 0);
}

EXPORT int __openat64_2(int folder, const char *path, int flags)
{
	return open_any(folder, path, flags | O_LARGEFILE, 0);
}

/* --- close, dup, fcntl --------------------------------------------------- */

/* As the kernel: what streams is stopped before the number is free. */
EXPORT int close(int fd)
{
	if (fdtable_is_ours(fd)) {
		pthread_mutex_lock(&world_lock);
		fdtable_remove(fd);
		pthread_mutex_unlock(&world_lock);
	}
	return real()->close(fd);
}

static int copy(int from, int to)
{
	if (to >= 0 && (fdtable_is_ours(from) || fdtable_is_ours(to))) {
		pthread_mutex_lock(&world_lock);
		fdtable_copy(from, to);
		pthread_mutex_unlock(&world_lock);
	}
	return to;
}

EXPORT int dup(int fd)
{
	return copy(fd, real()->dup(fd));
}

EXPORT int dup2(int from, int to)
{
	return copy(from, real()->dup2(from, to));
}

EXPORT int dup3(int from, int to, int flags)
{
	return copy(from, real()->dup3(from, to, flags));
}

static int change(int fd, int command, void *argument)
{
	int result = real()->fcntl(fd, command, argument);

	if (command == F_DUPFD || command == F_DUPFD_CLOEXEC)
		copy(fd, result);
	return result;
}

/* Its argument is an int or a pointer, or there is none. */
EXPORT int fcntl(int fd, int command, ...)
{
	void *argument;
	va_list list;

	va_start(list, command);
	argument = va_arg(list, void *);
	va_end(list);
	return change(fd, command, argument);
}

EXPORT int fcntl64(int fd, int command, ...)
{
	void *argument;
	va_list list;

	va_start(list, command);
	argument = va_arg(list, void *);
	va_end(list);
	return change(fd, command, argument);
}

/* --- ioctl --------------------------------------------------------------- */

static int ioctl_ours(int fd, unsigned int request, void *argument)
{
	struct file *f;
	int err = -ENOTTY;

	pthread_mutex_lock(&world_lock);
	f = fdtable_file(fd);
	if (f) {
		int flags = real()->fcntl(fd, F_GETFL);

		file_hold(f);
		err = ioctl_do(f, request, argument, flags & O_NONBLOCK);
		file_release(&f);
	} else if (request == (unsigned int)DMA_BUF_IOCTL_SYNC) {
		err = 0; /* our memory is coherent */
	}
	pthread_mutex_unlock(&world_lock);
	return err < 0 ? fail(err) : 0;
}

EXPORT int ioctl(int fd, unsigned long request, ...)
{
	void *argument;
	va_list list;

	va_start(list, request);
	argument = va_arg(list, void *);
	va_end(list);
	return fdtable_is_ours(fd)
		       ? ioctl_ours(fd, (unsigned int)request, argument)
		       : real()->ioctl(fd, request, argument);
}

/* --- mmap ---------------------------------------------------------------- */

static int map_ours(int fd, void *at, size_t length, int protection, int flags,
		    off_t offset, void **out)
{
	struct file *f = fdtable_file(fd);
	struct memory *m = NULL;
	int err = -EINVAL;

	if (!f) /* an exported buffer: the kernel can, but leaks count */
		return memory_map(memory_find(fd), at, length, protection,
				  flags, out);
	if (!(flags & MAP_SHARED))
		return -EINVAL;
	if (f->gone)
		return -ENODEV;
	for (int way = OUT; way <= CAP && err < 0; way++) {
		if (f->has[way])
			err = queue_find_map(&f->queue[way], (uint64_t)offset,
					     length, &m);
	}
	return err < 0 ? err
		       : memory_map(m, at, length, protection, flags, out);
}

static void *map_any(void *at, size_t length, int protection, int flags, int fd,
		     off_t offset)
{
	void *out = MAP_FAILED;
	int err;

	if (!fdtable_is_ours(fd) || flags & MAP_ANONYMOUS)
		return real()->mmap(at, length, protection, flags, fd, offset);
	pthread_mutex_lock(&world_lock);
	err = map_ours(fd, at, length, protection, flags, offset, &out);
	pthread_mutex_unlock(&world_lock);
	if (err < 0)
		errno = -err;
	return err < 0 ? MAP_FAILED : out;
}

EXPORT void *mmap(void *at, size_t length, int protection, int flags, int fd,
		  off_t offset)
{
	return map_any(at, length, protection, flags, fd, offset);
}

EXPORT void *mmap64(void *at, size_t length, int protection, int flags, int fd,
		    off64_t offset)
{
	return map_any(at, length, protection, flags, fd, offset);
}

EXPORT int munmap(void *at, size_t length)
{
	if (memory_is_mapped()) {
		pthread_mutex_lock(&world_lock);
		memory_note_unmap(at, length);
		pthread_mutex_unlock(&world_lock);
	}
	return real()->munmap(at, length);
}
