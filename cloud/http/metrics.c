/* SPDX-License-Identifier: MIT */
#include "cloud/http/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cloud/http/reply.h"
#include "cloud/http/report.h"
#include "cloud/store/camera.h"
#include "cloud/store/store.h"

/* docs/metrics.md has these with more words, and is tested to have them all. */
static void print_type(FILE *out, const char *name, const char *type,
		       const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void print_one(FILE *out, const char *name, const char *type,
		      const char *help, uint64_t value)
{
	print_type(out, name, type, help);
	fprintf(out, "%s %" PRIu64 "\n", name, value);
}

static void print_labelled(FILE *out, const char *name, const char *label,
			   const char *text, uint64_t value)
{
	fprintf(out, "%s{%s=\"%s\"} %" PRIu64 "\n", name, label, text, value);
}

/* --- the process --- */

static void print_refusals(FILE *out, const struct report_counters *counters)
{
	static const char name[] = "oriel_refused_total";
	static const char *const reasons[REFUSALS] = {
		[REFUSED_CONNECTIONS] = "connections",
		[REFUSED_ADDRESS] = "address",
		[REFUSED_HEAD] = "head",
		[REFUSED_HANDSHAKES] = "handshakes",
		[REFUSED_RATE] = "rate",
		[REFUSED_WAITING] = "waiting",
		[REFUSED_SLOW] = "slow",
		[REFUSED_IDLE] = "idle",
		[REFUSED_HELD] = "held",
		[REFUSED_KEY] = "key",
		[REFUSED_LINK] = "link",
		[REFUSED_GUESSES] = "guesses",
		[REFUSED_MESSAGES] = "messages",
		[REFUSED_DEVICE] = "device",
	};

	print_type(out, name, "counter",
		   "What was not given, by the reason why.");
	for (int i = 0; i < REFUSALS; i++)
		print_labelled(out, name, "reason", reasons[i],
			       counters->refused[i]);
}

static void print_replies(FILE *out, const struct report_counters *counters)
{
	static const char name[] = "oriel_replies_total";
	static const char *const classes[] = { "2xx", "3xx", "4xx", "5xx" };

	print_type(out, name, "counter", "Answers, by their status.");
	for (int i = 0; i < 4; i++)
		print_labelled(out, name, "status", classes[i],
			       counters->replies[i + 2]);
}

/* Replies are what the store keeps, and what viewers still take of others. */
static void print_memory(FILE *out, const struct report_counters *counters,
			 const struct store *store)
{
	static const char name[] = "oriel_memory_bytes";

	print_type(out, name, "gauge",
		   "Memory by kind: media stored; replies (those, and what is "
		   "still being sent); resident (all of the process).");
	print_labelled(out, name, "kind", "stored", store_bytes(store));
	print_labelled(out, name, "kind", "replies", reply_memory());
	print_labelled(out, name, "kind", "resident", counters->resident_bytes);
}

static uint64_t count_cameras(const struct store *store)
{
	unsigned int cameras = 0;

	while (store_camera(store, cameras))
		cameras++;
	return cameras;
}

static void print_traffic(FILE *out, const struct report_counters *counters)
{
	print_one(out, "oriel_requests_total", "counter", "Requests that came.",
		  counters->requests);
	print_replies(out, counters);
	print_one(out, "oriel_sent_bytes_total", "counter",
		  "Bytes of answers, heads and bodies.", counters->bytes_out);
	print_one(out, "oriel_received_bytes_total", "counter",
		  "Bytes of messages of cameras.", counters->bytes_in);
	print_refusals(out, counters);
	print_one(out, "oriel_log_lines_dropped_total", "counter",
		  "Lines of the access log that nobody took in time.",
		  counters->log_dropped);
}

static void print_now(FILE *out, const struct report_counters *counters,
		      const struct store *store)
{
	print_one(out, "oriel_sessions", "gauge",
		  "HTTP connections, or streams of HTTP/2.",
		  counters->sessions);
	print_one(out, "oriel_waiting", "gauge",
		  "Requests that wait for something to come.",
		  counters->waiting);
	print_one(out, "oriel_publishers", "gauge", "Cameras' connections.",
		  counters->publishers);
	print_one(out, "oriel_cameras", "gauge", "Cameras that are known.",
		  count_cameras(store));
	print_one(out, "oriel_stored_bytes", "gauge",
		  "Media of all cameras in memory.", store_bytes(store));
	print_memory(out, counters, store);
}

/* Prometheus has names for those that every process has. */
static void print_process(FILE *out, const struct report_counters *counters)
{
	print_type(out, "oriel_build_info", "gauge", "The version; always 1.");
	print_labelled(out, "oriel_build_info", "version", ORIEL_VERSION, 1);
	print_one(out, "process_start_time_seconds", "gauge",
		  "When the relay was started, in Unix time.",
		  counters->started_s);
	print_type(out, "process_cpu_seconds_total", "counter",
		   "Processor time that was used.");
	fprintf(out, "process_cpu_seconds_total %.2f\n",
		(double)counters->cpu_us / 1e6);
	if (counters->tls_expires_s)
		print_one(out, "oriel_tls_expiry_timestamp_seconds", "gauge",
			  "When the certificate expires, in Unix time.",
			  counters->tls_expires_s);
}

/* --- cameras, one row of this table for each metric --- */

static uint64_t viewers_of(const struct camera *c, int64_t now_us)
{
	return camera_viewers(c, now_us);
}

static uint64_t bytes_of(const struct camera *c, int64_t now_us)
{
	(void)now_us;
	return camera_bytes(c);
}

static uint64_t in_of(const struct camera *c, int64_t now_us)
{
	(void)now_us;
	return camera_counts(c)->bytes_in;
}

static uint64_t out_of(const struct camera *c, int64_t now_us)
{
	(void)now_us;
	return camera_counts(c)->bytes_out;
}

static uint64_t parts_of(const struct camera *c, int64_t now_us)
{
	(void)now_us;
	return camera_counts(c)->parts;
}

static uint64_t resumes_of(const struct camera *c, int64_t now_us)
{
	(void)now_us;
	return camera_counts(c)->resumes;
}

static uint64_t lowered_of(const struct camera *c, int64_t now_us)
{
	(void)now_us;
	return camera_counts(c)->lowered;
}

static uint64_t shed_of(const struct camera *c, int64_t now_us)
{
	(void)now_us;
	return camera_counts(c)->shed;
}

static const struct row {
	const char *name, *type;
	uint64_t (*value)(const struct camera *c, int64_t now_us);
	const char *help;
} rows[] = {
	{ "oriel_camera_viewers", "gauge", viewers_of, "Who watches now." },
	{ "oriel_camera_stored_bytes", "gauge", bytes_of, "Media in memory." },
	{ "oriel_camera_received_bytes_total", "counter", in_of,
	  "Bytes of media that came." },
	{ "oriel_camera_sent_bytes_total", "counter", out_of,
	  "Bytes of answers to viewers." },
	{ "oriel_camera_parts_total", "counter", parts_of, "Parts that came." },
	{ "oriel_camera_resumes_total", "counter", resumes_of,
	  "Times its device came back to what was there." },
	{ "oriel_camera_shed_segments_total", "counter", shed_of,
	  "Segments given up because the relay was full." },
	{ "oriel_camera_lowered_windows_total", "counter", lowered_of,
	  "Times its device was told to list less." },
};

/* The clocks of device and relay may differ, so it may be negative. */
static void print_delays(FILE *out, const struct store *store)
{
	static const char name[] = "oriel_camera_part_delay_seconds";
	const struct camera *c;

	print_type(out, name, "gauge",
		   "From the end of the newest part to its arrival.");
	for (unsigned int i = 0; (c = store_camera(store, i)); i++)
		if (camera_counts(c)->parts)
			fprintf(out, "%s{camera=\"%s\"} %.3f\n", name,
				camera_name(c),
				(double)camera_counts(c)->delay_us / 1e6);
}

/* All states of each camera, so that one that ends has an end in a graph. */
static void print_states(FILE *out, const struct store *store, int64_t now_us)
{
	static const char name[] = "oriel_camera_state";
	static const enum camera_state states[] = {
		CAMERA_WAITING, CAMERA_LIVE,   CAMERA_GONE,   CAMERA_STALLED,
		CAMERA_OFFLINE, CAMERA_ASLEEP, CAMERA_WAKING, CAMERA_ENDED
	};
	const struct camera *c;

	print_type(out, name, "gauge",
		   "1 for the state that the camera is in, 0 for the others.");
	for (unsigned int i = 0; (c = store_camera(store, i)); i++)
		for (size_t j = 0; j < sizeof(states) / sizeof(*states); j++)
			fprintf(out, "%s{camera=\"%s\",state=\"%s\"} %d\n",
				name, camera_name(c),
				report_state_name(states[j]),
				states[j] == camera_state(c, now_us));
}

static void print_cameras(FILE *out, const struct store *store, int64_t now_us)
{
	const struct camera *c;

	print_states(out, store, now_us);
	for (size_t row = 0; row < sizeof(rows) / sizeof(*rows); row++) {
		print_type(out, rows[row].name, rows[row].type, rows[row].help);
		for (unsigned int i = 0; (c = store_camera(store, i)); i++)
			print_labelled(out, rows[row].name, "camera",
				       camera_name(c),
				       rows[row].value(c, now_us));
	}
	print_delays(out, store);
}

struct reply *metrics_report(const struct report_counters *counters,
			     const struct store *store, int64_t now_us)
{
	const struct reply_params params = {
		.status = 200,
		.type = "text/plain; version=0.0.4; charset=utf-8",
		.cache = "no-store",
	};
	struct reply *r = NULL;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	print_process(out, counters);
	print_traffic(out, counters);
	print_now(out, counters, store);
	print_cameras(out, store, now_us);
	/* A write that failed for want of memory shows here at the latest. */
	if (fclose(out) == 0)
		r = reply_new_body(&params, text, size);
	free(text);
	return r;
}
