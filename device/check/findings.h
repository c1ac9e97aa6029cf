/* SPDX-License-Identifier: MIT */
/*
 * findings: what `oriel-cam check` found, a sentence each, with the next step
 * where something is wrong; and facts for whoever helps from afar, which are
 * only in the JSON.
 *
 * Pure but for printing. One thread.
 */
#ifndef DEVICE_CHECK_FINDINGS_H
#define DEVICE_CHECK_FINDINGS_H

#include <stdbool.h>
#include <stdio.h>

#define FINDINGS_MOST 64
#define FACTS_MOST    512
#define FINDING_SIZE  256
#define FACT_SIZE     1024

enum finding_mark {
	FINDING_GOOD,
	FINDING_NOTE, /* to be known, not to be mended */
	FINDING_WARN,
	FINDING_BAD, /* there will be no picture */
};

struct finding {
	enum finding_mark mark;
	const char *topic;	   /* a constant: "camera" */
	char text[FINDING_SIZE];   /* a sentence */
	char remedy[FINDING_SIZE]; /* the next step; empty: none */
};

struct fact {
	char topic[48]; /* "/dev/video11" */
	const char *name;
	char text[FACT_SIZE];
};

struct findings {
	struct finding finding[FINDINGS_MOST];
	int count;
	struct fact fact[FACTS_MOST];
	int facts;
};

/* What is beyond the limits is left out. */
void findings_add(struct findings *f, enum finding_mark mark, const char *topic,
		  const char *remedy, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
void findings_fact(struct findings *f, const char *topic, const char *name,
		   const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The worst mark of all. */
enum finding_mark findings_worst(const struct findings *f);

void findings_print(const struct findings *f, FILE *out);
void findings_print_json(const struct findings *f, FILE *out);

#endif
