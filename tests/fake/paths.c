/* SPDX-License-Identifier: MIT */
#include "tests/fake/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/fake/node.h"
#include "tests/fake/real.h"

static char root[PATHS_MAX / 2];
static bool own_root;

/* --- writing ------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void make_path(char *out,
							    const char *format,
							    ...)
{
	va_list list;
	size_t size = strlen(root);

	memcpy(out, root, size);
	va_start(list, format);
	vsnprintf(out + size, PATHS_MAX - size, format, list);
	va_end(list);
}

static int make_folder(const char *name)
{
	char path[PATHS_MAX];

	make_path(path, "%s", name);
	return mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

static int write_file(const char *path, const char *text)
{
	int fd = real()->open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
			      0644);
	ssize_t size = (ssize_t)strlen(text);
	int err;

	if (fd < 0)
		return -errno;
	err = write(fd, text, (size_t)size) == size ? 0 : -EIO;
	real()->close(fd);
	return err;
}

int paths_open(const char *wanted)
{
	static const char *const folders[] = {
		"",
		"/dev",
		"/dev/v4l",
		"/dev/v4l/by-id",
		"/sys",
		"/sys/class",
		"/sys/class/video4linux",
	};
	int err = 0;

	own_root = !wanted;
	snprintf(root, sizeof(root), "%s",
		 wanted ? wanted : "/tmp/fakev4l2-XXXXXX");
	if (own_root && !mkdtemp(root))
		return -errno;
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders) && !err; i++)
		err = make_folder(folders[i]);
	return err;
}

static int remove_one(const char *path, const struct stat *st, int flag,
		      struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void paths_close(void)
{
	if (own_root && root[0])
		nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	root[0] = '\0';
}

const char *paths_root(void)
{
	return root;
}

/* --- nodes --------------------------------------------------------------- */

static void name_link(const struct node *node, char *path)
{
	make_path(path, "/dev/v4l/by-id/usb-%s-video-index%d", node->serial,
		  node->kind == &kind_metadata);
}

int paths_add_node(const struct node *node)
{
	char path[PATHS_MAX], text[64];
	int err;

	make_path(path, "/sys/class/video4linux/video%d", node->number);
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return -errno;
	make_path(path, "/sys/class/video4linux/video%d/name", node->number);
	snprintf(text, sizeof(text), "%s\n", node->card);
	if ((err = write_file(path, text)) < 0)
		return err;
	make_path(path, "/sys/class/video4linux/video%d/dev", node->number);
	snprintf(text, sizeof(text), "81:%d\n", node->number);
	if ((err = write_file(path, text)) < 0)
		return err;
	make_path(path, "/dev/video%d", node->number);
	if ((err = write_file(path, "")) < 0 || !node->serial[0])
		return err;
	snprintf(text, sizeof(text), "../../video%d", node->number);
	name_link(node, path);
	unlink(path);
	return symlink(text, path) < 0 ? -errno : 0;
}

void paths_remove_node(const struct node *node)
{
	static const char *const names[] = { "/name", "/dev", "" };
	char path[PATHS_MAX];

	if (node->serial[0]) {
		name_link(node, path);
		unlink(path);
	}
	make_path(path, "/dev/video%d", node->number);
	unlink(path);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		make_path(path, "/sys/class/video4linux/video%d%s",
			  node->number, names[i]);
		remove(path);
	}
}

void paths_set_dead(const struct node *node, bool dead)
{
	char path[PATHS_MAX];

	make_path(path, "/dead-%s", node->name);
	if (dead)
		write_file(path, "");
	else
		unlink(path);
}

bool paths_is_dead(const struct node *node)
{
	char path[PATHS_MAX];

	make_path(path, "/dead-%s", node->name);
	return real()->access(path, F_OK) == 0;
}

/* --- names --------------------------------------------------------------- */

/* A folder itself, or all whose names begin so. */
static const struct {
	const char *text;
	bool whole;
} ours[] = {
	{ "/dev", true },	 { "/dev/", true },
	{ "/dev/video", false }, { "/dev/v4l", false },
	{ "/dev/media", false }, { "/sys/class/video4linux", false },
};

bool paths_match(const char *path)
{
	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++) {
		size_t size = strlen(ours[i].text);

		if (ours[i].whole ? strcmp(path, ours[i].text) == 0
				  : strncmp(path, ours[i].text, size) == 0)
			return true;
	}
	return false;
}

static bool translate_relative(int folder, const char *path, char *out)
{
	char link[64], name[PATHS_MAX];
	ssize_t size;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", folder);
	size = real()->readlink(link, name, sizeof(name) - 1);
	if (size < 0)
		return false;
	name[size] = '\0';
	if (strncmp(name, root, strlen(root)) != 0)
		return false;
	return snprintf(out, PATHS_MAX, "%s/%s", name, path) < PATHS_MAX;
}

bool paths_translate(int folder, const char *path, char *out)
{
	if (!root[0])
		return false;
	if (path[0] != '/')
		return translate_relative(folder, path, out);
	return paths_match(path) &&
	       snprintf(out, PATHS_MAX, "%s%s", root, path) < PATHS_MAX;
}

bool paths_restore(const char *translated, char *out)
{
	char whole[PATH_MAX];
	size_t size;

	if (!root[0] || !real()->realpath(root, whole))
		return false;
	size = strlen(whole);
	if (strncmp(translated, whole, size) != 0 || translated[size] != '/')
		return false;
	return snprintf(out, PATHS_MAX, "%s", translated + size) < PATHS_MAX;
}

int paths_node_number(const char *translated)
{
	char resolved[PATH_MAX], name[PATHS_MAX];
	int number, end = 0;

	if (!real()->realpath(translated, resolved) ||
	    !paths_restore(resolved, name) ||
	    sscanf(name, "/dev/video%d%n", &number, &end) != 1 || name[end])
		return -1;
	return number;
}
