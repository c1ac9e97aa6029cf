/* SPDX-License-Identifier: MIT */
#include "device/check/health.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <linux/wireless.h>

/* Paths of kernels from 4.14 to 6.12 differ in the middle. */
#define THROTTLED    "/sys/devices/platform/soc*/*firmware*/get_throttled"
#define TEMPERATURE  "/sys/class/thermal/thermal_zone0/temp"
#define MODEL	     "/proc/device-tree/model"
#define SYNCHRONIZED "/run/systemd/timesync/synchronized"
#define WIRELESS     "/sys/class/net/*/wireless"

#define HOT_MILLI  80000 /* here the firmware begins to slow down */
#define WARM_MILLI 70000

/* For 1080p: encoder and camera, each with a handful of pictures. */
#define LITTLE_CMA_KB 64000

/* Reads a small file as text; false: there is none. */
static bool read_text(const char *path, char *out, size_t size)
{
	FILE *file = fopen(path, "re");
	size_t n;

	if (!file)
		return false;
	n = fread(out, 1, size - 1, file);
	fclose(file);
	out[n] = '\0';
	return n > 0;
}

/* --- power and temperature ----------------------------------------------- */

void health_add_throttled(struct findings *f, uint32_t bits)
{
	static const struct {
		uint32_t bits;
		enum finding_mark mark;
		const char *text, *remedy;
	} rows[] = {
		{ 1u << 0, FINDING_WARN, "the voltage is too low right now",
		  "take the power supply made for this Pi, and a short cable" },
		{ 1u << 16, FINDING_WARN,
		  "the voltage was too low since the machine booted",
		  "take the power supply made for this Pi, and a short cable" },
		{ 1u << 2 | 1u << 1 | 1u << 3, FINDING_WARN,
		  "the processor is being slowed down",
		  "cool it, or make the picture smaller" },
		{ 1u << 18 | 1u << 17 | 1u << 19, FINDING_NOTE,
		  "the processor was slowed down since the machine booted",
		  "" },
	};
	bool any = false;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (!(bits & rows[i].bits))
			continue;
		findings_add(f, rows[i].mark, "power", rows[i].remedy, "%s",
			     rows[i].text);
		any = true;
	}
	if (!any)
		findings_add(f, FINDING_GOOD, "power", NULL,
			     "voltage and clock are as they should be");
}

static void check_power(struct findings *f)
{
	char text[64];
	glob_t found;

	if (!glob(THROTTLED, 0, NULL, &found)) {
		if (read_text(found.gl_pathv[0], text, sizeof(text)))
			health_add_throttled(f,
					     (uint32_t)strtoul(text, NULL, 16));
		globfree(&found);
	} else {
		findings_add(f, FINDING_NOTE, "power", NULL,
			     "this machine does not say whether its voltage "
			     "is good");
	}
}

void health_add_temperature(struct findings *f, long milli)
{
	if (milli >= HOT_MILLI)
		findings_add(f, FINDING_WARN, "temperature",
			     "give it air, a heat sink or a fan",
			     "%ld degrees: it slows itself down", milli / 1000);
	else
		findings_add(f,
			     milli >= WARM_MILLI ? FINDING_NOTE : FINDING_GOOD,
			     "temperature", NULL, "%ld degrees", milli / 1000);
}

static void check_temperature(struct findings *f)
{
	char text[64];

	if (read_text(TEMPERATURE, text, sizeof(text)))
		health_add_temperature(f, strtol(text, NULL, 10));
}

/* --- memory -------------------------------------------------------------- */

void health_add_memory(struct findings *f, const char *meminfo)
{
	const char *total = strstr(meminfo, "CmaTotal:");
	long kb;

	if (!total)
		return;
	kb = strtol(total + strlen("CmaTotal:"), NULL, 10);
	findings_fact(f, "memory", "CmaTotal", "%ld kB", kb);
	if (kb < LITTLE_CMA_KB)
		findings_add(f, FINDING_WARN, "memory",
			     "for large pictures give cma=128M or more in "
			     "/boot/firmware/cmdline.txt",
			     "camera and encoder have %ld MB of memory "
			     "together",
			     kb / 1024);
	else
		findings_add(f, FINDING_GOOD, "memory", NULL,
			     "camera and encoder can have %ld MB together",
			     kb / 1024);
}

static void check_memory(struct findings *f)
{
	char text[4096];

	if (read_text("/proc/meminfo", text, sizeof(text)))
		health_add_memory(f, text);
}

/* --- clock --------------------------------------------------------------- */

/* The service's sandbox forbids adjtimex(); the file is as good. */
static bool is_synchronized(void)
{
	struct timex state = { 0 };

	if (!access(SYNCHRONIZED, F_OK))
		return true;
	return adjtimex(&state) != TIME_ERROR && !(state.status & STA_UNSYNC);
}

static void check_clock(struct findings *f)
{
	if (is_synchronized())
		findings_add(f, FINDING_GOOD, "clock", NULL,
			     "it is synchronised");
	else
		findings_add(f, FINDING_WARN, "clock",
			     "sudo timedatectl set-ntp true, and let UDP port "
			     "123 through",
			     "it is not synchronised: dates in the stream, and "
			     "TLS, need the right time");
}

/* --- Wi-Fi --------------------------------------------------------------- */

/* 1: on, 0: off, negative: it does not say. */
static int power_save(const char *name)
{
	struct iwreq request = { .u.power.flags = 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	err = ioctl(fd, SIOCGIWPOWER, &request) < 0 ? -errno : 0;
	close(fd);
	return err < 0 ? err : !request.u.power.disabled;
}

/* "/sys/class/net/wlan0/wireless" */
static void check_interface(struct findings *f, const char *path)
{
	char name[IFNAMSIZ];
	size_t start = strlen("/sys/class/net/");
	size_t n = strcspn(path + start, "/");
	int on;

	if (n >= sizeof(name))
		return;
	memcpy(name, path + start, n);
	name[n] = '\0';
	on = power_save(name);
	if (on > 0)
		findings_add(f, FINDING_WARN, "wi-fi",
			     "sudo iw dev wlan0 set power_save off; to keep "
			     "it: wifi.powersave=2 in NetworkManager",
			     "%s saves power, and answers up to seconds late",
			     name);
	else if (!on)
		findings_add(f, FINDING_GOOD, "wi-fi", NULL,
			     "%s does not save power", name);
	else
		findings_add(f, FINDING_NOTE, "wi-fi", NULL,
			     "%s does not say whether it saves power", name);
}

static void check_wifi(struct findings *f)
{
	glob_t found;

	if (glob(WIRELESS, 0, NULL, &found))
		return; /* there is none */
	for (size_t i = 0; i < found.gl_pathc; i++)
		check_interface(f, found.gl_pathv[i]);
	globfree(&found);
}

/* --- all of it ----------------------------------------------------------- */

static void add_machine(struct findings *f)
{
	struct utsname name;
	char model[128];

	if (read_text(MODEL, model, sizeof(model)))
		findings_fact(f, "machine", "model", "%s", model);
	if (!uname(&name))
		findings_fact(f, "machine", "kernel", "%s %s %s", name.release,
			      name.machine, name.version);
}

void health_check(struct findings *f)
{
	add_machine(f);
	check_power(f);
	check_temperature(f);
	check_memory(f);
	check_clock(f);
	check_wifi(f);
}
