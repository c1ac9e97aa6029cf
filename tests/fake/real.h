/* SPDX-License-Identifier: MIT */
/*
 * real: the C library's own functions, behind those that the fake takes over.
 */
#ifndef TESTS_FAKE_REAL_H
#define TESTS_FAKE_REAL_H

#include <dirent.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>

/* What the fake itself gives to programs; all else in it is hidden. */
#define EXPORT __attribute__((visibility("default")))

struct real {
	int (*open)(const char *path, int flags, ...);
	int (*openat)(int folder, const char *path, int flags, ...);
	int (*close)(int fd);
	int (*ioctl)(int fd, unsigned long request, ...);
	void *(*mmap)(void *at, size_t length, int protection, int flags,
		      int fd, off_t offset);
	int (*munmap)(void *at, size_t length);
	int (*dup)(int fd);
	int (*dup2)(int from, int to);
	int (*dup3)(int from, int to, int flags);
	int (*fcntl)(int fd, int command, ...);
	int (*poll)(struct pollfd *fds, nfds_t count, int timeout_ms);
	int (*ppoll)(struct pollfd *fds, nfds_t count,
		     const struct timespec *timeout, const sigset_t *mask);
	int (*select)(int count, fd_set *in, fd_set *out, fd_set *pri,
		      struct timeval *timeout);
	int (*epoll_ctl)(int poll_fd, int operation, int fd,
			 struct epoll_event *event);
	FILE *(*fopen)(const char *path, const char *mode);
	DIR *(*opendir)(const char *path);
	int (*scandir)(const char *path, struct dirent ***names,
		       int (*choose)(const struct dirent *),
		       int (*order)(const struct dirent **,
				    const struct dirent **));
	int (*stat)(const char *path, struct stat *out);
	int (*lstat)(const char *path, struct stat *out);
	int (*fstat)(int fd, struct stat *out);
	int (*fstatat)(int folder, const char *path, struct stat *out,
		       int flags);
	int (*statx)(int folder, const char *path, int flags, unsigned int mask,
		     struct statx *out);
	int (*access)(const char *path, int mode);
	ssize_t (*readlink)(const char *path, char *out, size_t size);
	char *(*realpath)(const char *path, char *out);
	int (*inotify_add_watch)(int fd, const char *path, uint32_t mask);
	int (*clock_gettime)(clockid_t clock, struct timespec *out);
	int (*gettimeofday)(struct timeval *out, void *zone);
	time_t (*time)(time_t *out);
};

/* Looked up on the first call; any thread, also before main(). */
const struct real *real(void);

#endif
