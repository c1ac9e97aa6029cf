/* SPDX-License-Identifier: MIT */
#include "device/config.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOG_MODULE "config"
#include "common/log.h"
#include "common/names.h"
#include "device/status/status_file.h"

static const char *const log_levels[] = { "error", "warn", "info", "debug",
					  NULL };

static const char *const latencies[] = { "lan", "default", "thrifty", NULL };

/*
 * What --latency stands for. A part is the delay that a picture has before it
 * can leave at all, and it costs a message up, and for each viewer a playlist
 * and a part down. `min_fps` is what lets a part be short: none is shorter
 * than one frame at that rate, and a slower camera breaks the stream.
 *
 *   lan      two frames at 30 fps, the least that is one picture faster than
 *            sending each; 30 requests a second and viewer, and a camera that
 *            keeps above 15 fps in the dark
 *   default  6 frames: 10 requests a second and viewer, which a phone network
 *            bears; 10 fps are enough
 *   thrifty  half a second: 4 requests a second and viewer; segments of 2 s
 *            have half the key frames, which are most of a quiet picture
 */
static const struct profile {
	int64_t part_ms, segment_ms, min_fps;
} profiles[] = {
	[CONFIG_LAN] = { .part_ms = 67, .segment_ms = 1000, .min_fps = 15 },
	[CONFIG_DEFAULT] = { .part_ms = 200,
			     .segment_ms = 1000,
			     .min_fps = 10 },
	[CONFIG_THRIFTY] = { .part_ms = 500, .segment_ms = 2000, .min_fps = 5 },
};

static const char *const whens[] = { "always", "watched", NULL };

static const char *const on_hang[] = { "restart", "reboot", NULL };

/* What a picture of usual size needs to show anything; see --bitrate-min. */
#define LEAST_BITRATE 150000

#define AT(member) offsetof(struct config, member)

static const struct opt table[] = {
	{ "relay", OPT_TEXT, AT(relay), .value = "URL",
	  .group = "Where it sends to",
	  .help = "where the stream goes: wss://HOST/, or https://HOST/ where "
		  "something on the way breaks WebSockets; ws:// and http:// "
		  "without TLS" },
	{ "camera", OPT_TEXT, AT(camera), .value = "NAME",
	  .help = "name of this camera on the relay: a-z, 0-9 and -" },
	{ "key", OPT_SECRET, AT(key), .value = "KEY",
	  .help = "publish key, from `oriel-relay key NAME`" },
	{ "source", OPT_TEXT, AT(source), .value = "SOURCE",
	  .group = "The picture",
	  .help = "auto: a camera, else the test card; v4l2, v4l2:/dev/videoN "
		  "or v4l2:NAME; rpicam; testcard; - for H.264 on standard "
		  "input; or a file or URL that FFmpeg opens" },
	{ "width", OPT_INT, AT(width), 64, 1920, "PIXELS",
	  .help = "of a camera's or the test card's picture" },
	{ "height", OPT_INT, AT(height), 64, 1920, "PIXELS",
	  .help = "of a camera's or the test card's picture" },
	{ "fps", OPT_INT, AT(fps), 1, 120, "N",
	  .help = "frames per second, likewise; a hint for others" },
	{ "bitrate", OPT_INT, AT(bitrate), 50000, 25000000, "BITS",
	  .help = "per second, when pictures are encoded here" },
	{ "encoder", OPT_TEXT, AT(encoder), .value = "NAME",
	  .help = "auto: hardware, else x264; v4l2, v4l2:/dev/videoN; x264" },
	{ "capture", OPT_TEXT, AT(capture), .value = "WIDTHxHEIGHT",
	  .help = "size to take from the camera, and make smaller; default: "
		  "as large as the stream, where the camera has that" },
	{ "control", OPT_TEXT, AT(control), .value = "NAME=VALUE,...",
	  .help = "of a camera, as in exposure_time_absolute=100; `oriel-cam "
		  "check --json` lists what it has" },
	{ "once", OPT_FLAG, AT(once),
	  .help = "leave when a file has been played, do not loop it; "
		  "viewers see its end" },
	{ "latency", OPT_CHOICE, AT(latency), .value = "PROFILE",
	  .choices = latencies, .group = "How live it is",
	  .help = "how live: lan for a network that is near and fast, default "
		  "for the open internet, thrifty for a poor uplink; sets "
		  "part-ms, segment-ms and min-fps, which win over it" },
	{ "part-ms", OPT_INT, AT(part_ms), 20, 5000, "MS",
	  .help = "length of a part; by --latency" },
	{ "segment-ms", OPT_INT, AT(segment_ms), 500, 10000, "MS",
	  .help = "length of a segment; by --latency" },
	{ "min-fps", OPT_INT, AT(min_fps), 1, 120, "N",
	  .help = "slowest rate (in the dark) without a break in the stream; "
		  "no part is shorter than one such frame; by --latency" },
	{ "window", OPT_INT, AT(window), 3, 3600, "SEGMENTS",
	  .help = "how far back a viewer can go" },
	{ "upload", OPT_CHOICE, AT(upload), .value = "WHEN", .choices = whens,
	  .group = "While nobody watches",
	  .help = "send always, or only while somebody watches: after a while "
		  "without viewers nothing is sent (quiet), and later there is "
		  "not even a connection (asleep)" },
	{ "quiet-after", OPT_INT, AT(quiet_after_s), 5, 3600, "SECONDS",
	  .help = "quiet when nobody has watched for so long; who comes then "
		  "has a picture within a second" },
	{ "sleep-after", OPT_INT, AT(sleep_after_s), 0, 86400, "SECONDS",
	  .help = "asleep when quiet for so long; who comes then waits for "
		  "the next check-in; 0: never" },
	{ "check-in", OPT_INT, AT(check_in_s), 1, 60, "SECONDS",
	  .help = "asleep: ask the relay so often whether anybody watches" },
	{ "capture-when", OPT_CHOICE, AT(capture_when), .value = "WHEN",
	  .choices = whens,
	  .help = "watched: asleep, the camera is off, too, not just the "
		  "encoder" },
	{ "poster", OPT_INT, AT(poster_s), 0, 86400, "SECONDS",
	  .help = "a small picture so often, for who comes while nothing is "
		  "sent; 0: none" },
	{ "poster-width", OPT_INT, AT(poster_width), 64, 1280, "PIXELS",
	  .help = "of that picture, at most" },
	{ "data-budget", OPT_TEXT, AT(data_budget), .value = "BYTES/TIME",
	  .group = "Lines that are slow or cost money",
	  .help = "send no more than that, as in 5G/month, 1G/week, 200M/day: "
		  "the picture gets coarser, and in the end there are only "
		  "posters" },
	{ "state", OPT_TEXT, AT(state), .value = "DIRECTORY",
	  .help = "where the data budget is counted, on disk; default: "
		  "$STATE_DIRECTORY or /var/lib/oriel" },
	{ "bitrate-min", OPT_INT, AT(bitrate_min), 50000, 25000000, "BITS",
	  .help = "when the connection is slow, no less with all frames; "
		  "with fewer of them, in proportion; default: 150000" },
	{ "bitrate-max", OPT_INT, AT(bitrate_max), 50000, 25000000, "BITS",
	  .help = "when the connection has room; default: as --bitrate" },
	{ "ca-file", OPT_TEXT, AT(ca_file), .value = "FILE",
	  .group = "The connection to the relay",
	  .help = "trust the certificates in this PEM file, not the system's" },
	{ "reconnect-after", OPT_INT, AT(reconnect_after_s), 0, 86400,
	  "SECONDS",
	  .help = "before a connection to the relay is that old, another one "
		  "takes over: platforms cut old ones (Cloud Run after 3600); "
		  "0: never" },
	{ "push", OPT_TEXT, AT(push), .value = "URL",
	  .group = "A web server instead of a relay, or beside it",
	  .help = "put plain HLS onto a web server that takes PUT and DELETE: "
		  "https://HOST/PATH/; with --relay or without" },
	{ "push-key", OPT_SECRET, AT(push_key), .value = "SECRET",
	  .help = "for that server: USER:PASSWORD, or a bearer token" },
	{ "spool", OPT_TEXT, AT(spool), .value = "DIRECTORY",
	  .group = "Memory, and hardware that hangs",
	  .help = "where parts wait, in memory; default: "
		  "$RUNTIME_DIRECTORY/NAME, $XDG_RUNTIME_DIR/oriel/NAME or "
		  "/dev/shm/oriel-UID/NAME" },
	{ "spool-anywhere", OPT_FLAG, AT(spool_anywhere),
	  .help = "also where the spool is not in memory (wears a card out)" },
	{ "hang-s", OPT_INT, AT(hang_s), 2, 600, "SECONDS",
	  .help = "hardware that keeps a call for so long hangs" },
	{ "on-hang", OPT_CHOICE, AT(on_hang), .choices = on_hang,
	  .help = "leave, to be started again; or boot the machine where only "
		  "that helps, at most twice an hour (needs CAP_KILL)" },
	{ "json", OPT_FLAG, AT(json), .group = "Logs, and in general",
	  .help = "answer of check and status in JSON" },
	{ "log", OPT_CHOICE, AT(log), .choices = log_levels,
	  .help = "how much to say" },
	{ "trace", OPT_TEXT, AT(trace), .value = "FILE",
	  .help = "write there when each part passed each stage" },
	{ 0 }
};

static const struct opt_program program = {
	.name = "oriel-cam",
	.usage = "oriel-cam [OPTION...]\n"
		 "oriel-cam check|status [OPTION...]",
	.about = "Sends a camera's picture to an Oriel relay as low-latency "
		 "HLS. check says what is plugged in, what will be used and "
		 "why, and what is wrong; status what a camera that runs here "
		 "is doing, or what its relay knows of it.",
	.env_file = "/etc/oriel/cam.env",
	.table = table,
};

static int say(const char *what)
{
	return opt_refuse(&program, "%s", what);
}

/* A service's is where everybody may look; the spool is its user's alone. */
static void find_status(struct config *c)
{
	const char *runtime = getenv("RUNTIME_DIRECTORY");
	bool service = !c->spool && runtime && *runtime;

	snprintf(c->status_path, sizeof(c->status_path), "%s/%s",
		 service ? runtime : c->spool_path, STATUS_FILE_NAME);
}

static int find_spool(struct config *c)
{
	const char *runtime = getenv("RUNTIME_DIRECTORY");
	const char *user = getenv("XDG_RUNTIME_DIR");
	size_t size = sizeof(c->spool_path);
	int n;

	if (c->spool)
		n = snprintf(c->spool_path, size, "%s", c->spool);
	else if (runtime && *runtime)
		n = snprintf(c->spool_path, size, "%s/%s", runtime, c->camera);
	else if (user && *user)
		n = snprintf(c->spool_path, size, "%s/oriel/%s", user,
			     c->camera);
	else
		n = snprintf(c->spool_path, size, "/dev/shm/oriel-%u/%s",
			     (unsigned int)getuid(), c->camera);
	if (n < 0 || (size_t)n >= size)
		return say("the path of the spool is too long; give a shorter "
			   "--spool");
	find_status(c);
	return 0;
}

/* One side of "1280x720". */
static int read_side(const char **at, int *out)
{
	char *end;
	long side = isdigit((unsigned char)**at) ? strtol(*at, &end, 10) : 0;

	if (side < 16 || side > 8192 || side % 2)
		return -EINVAL;
	*at = end;
	*out = (int)side;
	return 0;
}

static int read_capture(struct config *c)
{
	const char *at = c->capture;

	if (!at || !*at)
		return 0;
	if (read_side(&at, &c->capture_width) < 0 || *at++ != 'x' ||
	    read_side(&at, &c->capture_height) < 0 || *at)
		return say("--capture must be a size such as 1280x720, with "
			   "even sides");
	return 0;
}

static int read_command(struct config *c, const struct opt_args *args)
{
	if (!args->count)
		return 0;
	c->check = !strcmp(args->arg[0], "check");
	c->status = !strcmp(args->arg[0], "status");
	if ((c->check || c->status) && args->count == 1)
		return 0;
	fprintf(stderr, "oriel-cam: what is \"%s\"? See oriel-cam --help\n",
		args->arg[c->check || c->status ? 1 : 0]);
	return -EINVAL;
}

/* Without limits of its own, the stream becomes less when it has to. */
static int check_bitrates(struct config *c)
{
	if (!c->bitrate_max)
		c->bitrate_max = c->bitrate;
	if (!c->bitrate_min)
		c->bitrate_min =
			c->bitrate < LEAST_BITRATE ? c->bitrate : LEAST_BITRATE;
	if (c->bitrate_min <= c->bitrate && c->bitrate <= c->bitrate_max)
		return 0;
	return say("--bitrate must lie between --bitrate-min and "
		   "--bitrate-max");
}

/* Counted where it outlives a restart of the machine. */
static int read_budget(struct config *c)
{
	const char *service = getenv("STATE_DIRECTORY");
	const char *state = c->state		  ? c->state
			    : service && *service ? service
						  : "/var/lib/oriel";
	size_t size = sizeof(c->budget_path);
	int n = snprintf(c->budget_path, size, "%s/%s.budget", state,
			 c->camera);

	if (n < 0 || (size_t)n >= size)
		return say("the path of --state is too long");
	if (!c->data_budget || !*c->data_budget)
		return 0;
	if (budget_allowance_parse(&c->budget, c->data_budget) < 0)
		return say("--data-budget must be bytes and a time, as in "
			   "5G/month, 1G/week or 200M/day (100k at least)");
	if (c->push)
		return say("--data-budget counts what goes to a relay, and "
			   "would not be kept with --push: leave out one of "
			   "the two");
	return 0;
}

static int check(struct config *c)
{
	if (!camera_name_valid(c->camera, strlen(c->camera)))
		return say("--camera must be 1 to 32 of a-z, 0-9 and -, begin "
			   "with a letter or digit, and be no path of the "
			   "relay (v1, assets, healthz, metrics)");
	if (!c->check && !c->status && c->relay && (!c->key || !*c->key))
		return say("no publish key: run `oriel-relay key NAME` where "
			   "the relay is, and put the result into ORIEL_KEY "
			   "or as `key = ...` into " CONFIG_FILE);
	if (c->width % 2 || c->height % 2)
		return say("--width and --height must be even: H.264 codes "
			   "colour for two by two pixels");
	if (c->part_ms > c->segment_ms)
		return say("--part-ms must not be above --segment-ms: a "
			   "segment is made of parts");
	if (read_budget(c) < 0)
		return -EINVAL;
	if (read_capture(c) < 0 || check_bitrates(c) < 0)
		return -EINVAL;
	return find_spool(c);
}

/* What was not asked for is as the profile has it. */
static void apply_profile(struct config *c)
{
	const struct profile *p = &profiles[c->latency];

	if (!c->part_ms)
		c->part_ms = p->part_ms;
	if (!c->segment_ms)
		c->segment_ms = p->segment_ms;
	if (!c->min_fps)
		c->min_fps = p->min_fps;
}

/*
 * The file may have a key in it that is not everybody's; what a camera is
 * doing is, so `status` goes on without the file.
 */
static bool is_unreadable(const char *const *argv)
{
	bool status = false;

	for (; *argv; argv++)
		status = status || !strcmp(*argv, "status");
	return status && access(CONFIG_FILE, R_OK) < 0 && errno == EACCES;
}

int config_read(struct config *c, const char *const *argv)
{
	struct opt_args args = { 0 };
	int err;

	*c = (struct config){
		.camera = "camera",
		.source = "auto",
		.encoder = "auto",
		.width = 640,
		.height = 360,
		.fps = 30,
		.bitrate = 1000000,
		.latency = CONFIG_DEFAULT,
		.window = 7,
		.upload = CONFIG_WATCHED,
		.quiet_after_s = 20,
		.sleep_after_s = 120,
		.check_in_s = 10,
		.poster_s = 60,
		.poster_width = 480,
		.hang_s = 20,
		.reconnect_after_s = 3300,
		.log = 2,
	};
	c->unreadable = is_unreadable(argv);
	err = opt_parse(c, &c->memory, &args, &program, argv,
			c->unreadable ? NULL : CONFIG_FILE);
	if (!err)
		err = read_command(c, &args);
	if (err)
		return err;
	apply_profile(c);
	return check(c);
}

void config_finish(struct config *c)
{
	opt_finish(&c->memory);
}

int config_log_level(const struct config *c)
{
	static const int level[] = { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

	return level[c->log];
}
