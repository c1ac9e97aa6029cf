/* SPDX-License-Identifier: MIT */
#include "device/source/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/log.h"

#define KIND_MS	  500
#define SAID_SIZE 8192

extern char **environ;

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void child_init(struct child *c)
{
	*c = (struct child){ .pid_fd = -1, .out_fd = -1, .error_fd = -1 };
}

/* --- starting ------------------------------------------------------------ */

struct pipes {
	int out[2], error[2];
};

static void close_pipes(struct pipes *p)
{
	for (int i = 0; i < 2; i++) {
		close_fd(&p->out[i]);
		close_fd(&p->error[i]);
	}
}

/* What it has to say is never to stop it: a full pipe loses the rest. */
static int open_pipes(struct pipes *p)
{
	*p = (struct pipes){ { -1, -1 }, { -1, -1 } };
	if (pipe2(p->out, O_CLOEXEC) < 0 || pipe2(p->error, O_CLOEXEC) < 0 ||
	    fcntl(p->error[0], F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(p->error[1], F_SETFL, O_NONBLOCK) < 0) {
		int err = -errno;

		close_pipes(p);
		return err;
	}
	return 0;
}

static int set_files(posix_spawn_file_actions_t *files, const struct pipes *p)
{
	int err = posix_spawn_file_actions_addopen(files, STDIN_FILENO,
						   "/dev/null", O_RDONLY, 0);

	if (!err)
		err = posix_spawn_file_actions_adddup2(files, p->out[1],
						       STDOUT_FILENO);
	if (!err)
		err = posix_spawn_file_actions_adddup2(files, p->error[1],
						       STDERR_FILENO);
	return err;
}

/* We block and ignore signals; that is not for it to inherit. */
static int set_signals(posix_spawnattr_t *attributes)
{
	sigset_t none, all;
	int err;

	sigemptyset(&none);
	sigfillset(&all);
	err = posix_spawnattr_setsigmask(attributes, &none);
	if (!err)
		err = posix_spawnattr_setsigdefault(attributes, &all);
	if (!err)
		err = posix_spawnattr_setflags(attributes,
					       POSIX_SPAWN_SETSIGMASK |
						       POSIX_SPAWN_SETSIGDEF);
	return err;
}

static int spawn(pid_t *pid, const char *const *argv, const struct pipes *p)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	int err;

	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attributes);
	err = set_files(&files, p);
	if (!err)
		err = set_signals(&attributes);
	if (!err)
		err = posix_spawn(pid, argv[0], &files, &attributes,
				  (char *const *)(uintptr_t)argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return -err;
}

int child_start(struct child *c, const char *const *argv)
{
	struct pipes p;
	int err = open_pipes(&p);

	child_init(c);
	if (err < 0)
		return err;
	err = spawn(&c->pid, argv, &p);
	if (err < 0) {
		c->pid = 0;
		close_pipes(&p);
		return err;
	}
	close_fd(&p.out[1]);
	close_fd(&p.error[1]);
	c->out_fd = p.out[0];
	c->error_fd = p.error[0];
	/* no wrapper in every libc that we build with */
	c->pid_fd = (int)syscall(SYS_pidfd_open, c->pid, 0);
	return 0;
}

/* --- ending -------------------------------------------------------------- */

/* Without a pid_fd (before Linux 5.3) it gets no time. */
static bool ends_within(const struct child *c, int ms)
{
	struct pollfd end = { .fd = c->pid_fd, .events = POLLIN };

	return c->pid_fd >= 0 && poll(&end, 1, ms) > 0;
}

static void describe_end(char *words, size_t size, int status)
{
	if (WIFSIGNALED(status))
		snprintf(words, size, "ended by signal %d", WTERMSIG(status));
	else
		snprintf(words, size, "ended with status %d",
			 WEXITSTATUS(status));
}

static void append_last_line(char *words, size_t size, int fd)
{
	char said[SAID_SIZE], line[160];
	ssize_t n = read(fd, said, sizeof(said));
	size_t used = strlen(words), end = n > 0 ? (size_t)n : 0, start;

	while (end && (said[end - 1] == '\n' || said[end - 1] == '\r'))
		end--;
	for (start = end; start && said[start - 1] != '\n';)
		start--;
	if (start < end)
		snprintf(words + used, size - used, ", saying \"%s\"",
			 log_escape(line, sizeof(line), said + start,
				    end - start));
}

void child_stop(struct child *c, char *words, size_t size)
{
	int status = 0;

	*words = '\0';
	if (c->pid) {
		if (!ends_within(c, 0))
			kill(c->pid, SIGTERM);
		if (!ends_within(c, KIND_MS))
			kill(c->pid, SIGKILL);
		while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
			;
		describe_end(words, size, status);
		append_last_line(words, size, c->error_fd);
	}
	close_fd(&c->pid_fd);
	close_fd(&c->out_fd);
	close_fd(&c->error_fd);
	c->pid = 0;
}

bool child_find(char *out, size_t size, const char *name)
{
	const char *path = getenv("PATH");

	for (path = path ? path : ""; *path;) {
		size_t n = strcspn(path, ":");
		int length = snprintf(out, size, "%.*s/%s", (int)n, path, name);

		if (n && length > 0 && (size_t)length < size &&
		    !access(out, X_OK))
			return true;
		path += n + (path[n] == ':');
	}
	return false;
}
