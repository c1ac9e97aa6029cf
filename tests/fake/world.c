/* SPDX-License-Identifier: MIT */
#include "tests/fake/world.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/fake/fake.h"
#include "tests/fake/faults.h"
#include "tests/fake/fdtable.h"
#include "tests/fake/memory.h"
#include "tests/fake/node.h"
#include "tests/fake/paths.h"
#include "tests/fake/real.h"
#include "tests/fake/report.h"
#include "tests/fake/script.h"

#define TICK_US	  20000
#define REPORT_US 200000

static const char *inline_script, *script_file, *report_file;
static bool exists;
static pid_t begun_by; /* 0: not begun; children of it have no world */

__attribute__((constructor)) static void read_environment(void)
{
	inline_script = getenv("FAKEV4L2");
	script_file = getenv("FAKEV4L2_FILE");
	report_file = getenv("FAKEV4L2_REPORT");
	exists = inline_script || script_file;
}

static void *tick(void *context)
{
	int64_t next_report = 0;

	(void)context;
	pthread_mutex_lock(&world_lock);
	for (;;) {
		int64_t now = world_now_us();

		if (script_file)
			script_follow(script_file);
		faults_tick();
		if (report_file && now >= next_report) {
			report_write(report_file);
			next_report = now + REPORT_US;
		}
		pthread_mutex_unlock(&world_lock);
		usleep(TICK_US);
		pthread_mutex_lock(&world_lock);
	}
	return NULL;
}

static void start_ticking(void)
{
	pthread_t thread;
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	if (pthread_create(&thread, NULL, tick, NULL) == 0)
		pthread_detach(thread);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void begin(void)
{
	if (paths_open(getenv("FAKEV4L2_ROOT")) < 0 ||
	    (inline_script && script_read(inline_script) < 0) ||
	    (script_file && script_follow(script_file) < 0)) {
		fprintf(stderr, "fake v4l2: there is no world\n");
		_exit(99);
	}
	script_plug_all();
	faults_tick(); /* what a script wants at once is so from the start */
	begun_by = getpid();
	start_ticking();
}

static void begin_once(void)
{
	static bool begun;

	pthread_mutex_lock(&world_lock);
	if (!begun) {
		begun = true;
		begin();
	}
	pthread_mutex_unlock(&world_lock);
}

/* Only for a path that may be ours: libraries open others under the lock. */
bool world_translate(int folder, const char *path, char *out)
{
	bool absolute = path && path[0] == '/';

	if (!exists || !path || (absolute && !paths_match(path)))
		return false;
	if (!absolute && (folder == AT_FDCWD || !paths_root()[0]))
		return false;
	begin_once();
	return paths_translate(folder, path, out);
}

/* --- for tests ----------------------------------------------------------- */

EXPORT int fake_reset(const char *script)
{
	int err;

	exists = true;
	begin_once();
	pthread_mutex_lock(&world_lock);
	script_forget();
	err = script_read(script);
	script_plug_all();
	pthread_mutex_unlock(&world_lock);
	return err;
}

EXPORT int fake_script(const char *lines)
{
	int err;

	pthread_mutex_lock(&world_lock);
	err = script_read(lines);
	faults_tick();
	pthread_mutex_unlock(&world_lock);
	return err;
}

EXPORT uint64_t fake_count(const char *node, const char *counter)
{
	uint64_t count;

	pthread_mutex_lock(&world_lock);
	count = report_count(node, counter);
	pthread_mutex_unlock(&world_lock);
	return count;
}

EXPORT int fake_count_held(void)
{
	int count;

	pthread_mutex_lock(&world_lock);
	count = fdtable_count_files() + fdtable_count_memories() +
		memory_count_maps() + memory_count();
	pthread_mutex_unlock(&world_lock);
	return count;
}

/* A thread that sleeps in a call does so without the lock. */
__attribute__((destructor)) static void end(void)
{
	if (begun_by != getpid())
		return;
	pthread_mutex_lock(&world_lock);
	if (report_file)
		report_write(report_file);
	paths_close();
	pthread_mutex_unlock(&world_lock);
}
