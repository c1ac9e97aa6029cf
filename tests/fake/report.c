/* SPDX-License-Identifier: MIT */
#include "tests/fake/report.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "tests/fake/faults.h"
#include "tests/fake/fdtable.h"
#include "tests/fake/memory.h"
#include "tests/fake/node.h"
#include "tests/fake/real.h"

/* clang-format off */
#define ROW(name) { #name, offsetof(struct counters, name) }
/* clang-format on */

static const struct {
	const char *name;
	size_t offset;
} rows[] = {
	ROW(opens),    ROW(calls),	ROW(polls),	    ROW(poll_errors),
	ROW(reqbufs),  ROW(frames_in),	ROW(frames_out),    ROW(frames),
	ROW(dropped),  ROW(imports),	ROW(copies),	    ROW(exported),
	ROW(attaches), ROW(reattaches), ROW(key_requests),  ROW(keys),
	ROW(skipped),  ROW(late_parms), ROW(worker_cpu_us),
};

static uint64_t read_counter(const struct node *node, size_t offset)
{
	uint64_t value;

	memcpy(&value, (const char *)&node->counters + offset, sizeof(value));
	return value;
}

uint64_t report_count(const char *name, const char *counter)
{
	const struct node *node = node_find(name);

	for (size_t i = 0; node && i < sizeof(rows) / sizeof(*rows); i++) {
		if (strcmp(rows[i].name, counter) == 0)
			return read_counter(node, rows[i].offset);
	}
	return UINT64_MAX;
}

static void print_node(FILE *out, const struct node *node)
{
	uint64_t frames = node->counters.frames + node->counters.frames_out;

	fprintf(out, "    \"%s\": { \"number\": %d, \"dead\": %s", node->name,
		node->number, node->dead ? "true" : "false");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		fprintf(out, ", \"%s\": %llu", rows[i].name,
			(unsigned long long)read_counter(node, rows[i].offset));
	fprintf(out, ", \"calls_per_frame\": %.2f }%s\n",
		frames ? (double)node->counters.calls / (double)frames : 0.,
		node->next ? "," : "");
}

static void print(FILE *out)
{
	fputs("{\n  \"nodes\": {\n", out);
	for (const struct node *node = node_first(); node; node = node->next)
		print_node(out, node);
	fprintf(out, "  },\n  \"open_files\": %d, \"open_exports\": %d,\n",
		fdtable_count_files(), fdtable_count_memories());
	fprintf(out, "  \"maps\": %d, \"memories\": %d,\n", memory_count_maps(),
		memory_count());
	fputs("  \"faults\": ", out);
	faults_print(out);
	fputs("\n}\n", out);
}

void report_write(const char *path)
{
	char temporary[512];
	FILE *out;

	snprintf(temporary, sizeof(temporary), "%s.new", path);
	out = real()->fopen(temporary, "we");
	if (!out)
		return;
	print(out);
	if (fclose(out) == 0)
		rename(temporary, path);
}
