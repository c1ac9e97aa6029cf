/* SPDX-License-Identifier: MIT */
#include "cloud/http/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cloud/http/reply.h"
#include "cloud/http/report.h"
#include "cloud/store/camera.h"
#include "cloud/store/store.h"

static void print_type(FILE *out, const char *name, const char *type)
{
	fprintf(out, "# TYPE oriel_%s %s\n", name, type);
}

static void print_one(FILE *out, const char *name, const char *type,
		      uint64_t value)
{
	print_type(out, name, type);
	fprintf(out, "oriel_%s %" PRIu64 "\n", name, value);
}

static void print_labelled(FILE *out, const char *name, const char *label,
			   const char *text, uint64_t value)
{
	fprintf(out, "oriel_%s{%s=\"%s\"} %" PRIu64 "\n", name, label, text,
		value);
}

/* --- the process --- */

static void print_refusals(FILE *out, const struct report_counters *counters)
{
	static const char *const reasons[REFUSALS] = {
		[REFUSED_CONNECTIONS] = "connections",
		[REFUSED_ADDRESS] = "address",
		[REFUSED_HEAD] = "head",
		[REFUSED_RATE] = "rate",
		[REFUSED_WAITING] = "waiting",
		[REFUSED_SLOW] = "slow",
		[REFUSED_KEY] = "key",
		[REFUSED_LINK] = "link",
		[REFUSED_GUESSES] = "guesses",
		[REFUSED_MESSAGES] = "messages",
		[REFUSED_DEVICE] = "device",
	};

	print_type(out, "refused_total", "counter");
	for (int i = 0; i < REFUSALS; i++)
		print_labelled(out, "refused_total", "reason", reasons[i],
			       counters->refused[i]);
}

static void print_replies(FILE *out, const struct report_counters *counters)
{
	static const char *const classes[] = { "2xx", "3xx", "4xx", "5xx" };

	print_type(out, "replies_total", "counter");
	for (int i = 0; i < 4; i++)
		print_labelled(out, "replies_total", "status", classes[i],
			       counters->replies[i + 2]);
}

/* Replies are what the store keeps, and what viewers still take of others. */
static void print_memory(FILE *out, const struct report_counters *counters,
			 const struct store *store)
{
	print_type(out, "memory_bytes", "gauge");
	print_labelled(out, "memory_bytes", "kind", "stored",
		       store_bytes(store));
	print_labelled(out, "memory_bytes", "kind", "replies", reply_memory());
	print_labelled(out, "memory_bytes", "kind", "resident",
		       counters->resident_bytes);
}

static void print_process(FILE *out, const struct report_counters *counters,
			  const struct store *store)
{
	unsigned int cameras = 0;

	while (store_camera(store, cameras))
		cameras++;
	print_replies(out, counters);
	print_one(out, "requests_total", "counter", counters->requests);
	print_one(out, "sent_bytes_total", "counter", counters->bytes_out);
	print_one(out, "received_bytes_total", "counter", counters->bytes_in);
	print_refusals(out, counters);
	print_one(out, "sessions", "gauge", counters->sessions);
	print_one(out, "waiting", "gauge", counters->waiting);
	print_one(out, "publishers", "gauge", counters->publishers);
	print_one(out, "cameras", "gauge", cameras);
	print_one(out, "stored_bytes", "gauge", store_bytes(store));
	print_memory(out, counters, store);
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
} rows[] = {
	{ "camera_viewers", "gauge", viewers_of },
	{ "camera_stored_bytes", "gauge", bytes_of },
	{ "camera_received_bytes_total", "counter", in_of },
	{ "camera_sent_bytes_total", "counter", out_of },
	{ "camera_parts_total", "counter", parts_of },
	{ "camera_resumes_total", "counter", resumes_of },
	{ "camera_shed_segments_total", "counter", shed_of },
	{ "camera_lowered_windows_total", "counter", lowered_of },
};

/* The clocks of device and relay may differ, so it may be negative. */
static void print_delays(FILE *out, const struct store *store)
{
	const char name[] = "camera_part_delay_seconds";
	const struct camera *c;

	print_type(out, name, "gauge");
	for (unsigned int i = 0; (c = store_camera(store, i)); i++)
		if (camera_counts(c)->parts)
			fprintf(out, "oriel_%s{camera=\"%s\"} %.3f\n", name,
				camera_name(c),
				(double)camera_counts(c)->delay_us / 1e6);
}

static void print_cameras(FILE *out, const struct store *store, int64_t now_us)
{
	const struct camera *c;

	print_type(out, "camera_state", "gauge");
	for (unsigned int i = 0; (c = store_camera(store, i)); i++)
		fprintf(out,
			"oriel_camera_state{camera=\"%s\",state=\"%s\"} 1\n",
			camera_name(c),
			report_state_name(camera_state(c, now_us)));
	for (size_t row = 0; row < sizeof(rows) / sizeof(*rows); row++) {
		print_type(out, rows[row].name, rows[row].type);
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
		.type = "text/plain; version=0.0.4",
		.cache = "no-store",
	};
	struct reply *r = NULL;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	print_process(out, counters, store);
	print_cameras(out, store, now_us);
	/* A write that failed for want of memory shows here at the latest. */
	if (fclose(out) == 0)
		r = reply_new_body(&params, text, size);
	free(text);
	return r;
}
