/* SPDX-License-Identifier: MIT */
#include "tests/fake/faults.h"

#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fake/fdtable.h"
#include "tests/fake/file.h"
#include "tests/fake/node.h"
#include "tests/fake/paths.h"
#include "tests/fake/words.h"

#define CALL_SIZE 32
#define UNPLUG_MS 20 /* from the last frame to the end of the node */

struct fault {
	enum fault_kind kind;
	struct node *node;     /* NULL: any */
	char text[WORDS_LINE]; /* the line, for the report */
	/* --- when: all that are given --- */
	char call[CALL_SIZE]; /* "DQBUF", "QBUF.out", "*"; "": no call */
	uint64_t nth;	      /* such call, and those behind it */
	uint64_t frame;	      /* of the node, and those behind it */
	uint64_t every;
	double chance;
	int64_t from_us, lasts_us;
	/* --- what --- */
	double value;
	int error;
	int64_t left; /* how often */
	/* --- so far --- */
	int64_t began_us; /* 0: not yet */
	uint64_t calls, hits;
	struct fault *next;
};

static struct fault *faults;
static atomic_int_fast64_t clock_us; /* read without the lock */
static unsigned int seed = 1;

/* --- reading ------------------------------------------------------------- */

static const char *const names[FAULT_KINDS] = {
	[FAULT_FAIL] = "fail",
	[FAULT_BLOCK] = "block",
	[FAULT_SKIP] = "skip",
	[FAULT_HEADER_ONLY] = "header-only",
	[FAULT_GARBAGE] = "garbage",
	[FAULT_ERROR] = "error",
	[FAULT_TRUNCATE] = "truncate",
	[FAULT_EMPTY] = "empty",
	[FAULT_NO_HEADERS] = "no-headers",
	[FAULT_NO_KEY_FLAG] = "no-key-flag",
	[FAULT_KEEP_OUTPUT] = "keep-output",
	[FAULT_KEEP_CAPTURE] = "keep-capture",
	[FAULT_SHORT] = "short",
	[FAULT_CORRUPT] = "corrupt",
	[FAULT_NO_TABLES] = "no-tables",
	[FAULT_GAP] = "gap",
	[FAULT_BACK] = "back",
	[FAULT_ZERO_TIME] = "zero-time",
	[FAULT_JITTER] = "jitter",
	[FAULT_WALL_TIME] = "wall-time",
	[FAULT_SEQUENCE_GAP] = "sequence-gap",
	[FAULT_SEQUENCE_SET] = "sequence",
	[FAULT_DROP] = "drop",
	[FAULT_MOST_BUFFERS] = "most-buffers",
	[FAULT_ATTACH_LIMIT] = "attach-limit",
	[FAULT_NO_CONTROL] = "no-control",
	[FAULT_FPS] = "fps",
	[FAULT_IGNORE_RATE] = "ignore-rate",
	[FAULT_STALL] = "stall",
	[FAULT_RESUME] = "resume",
	[FAULT_DIE] = "die",
	[FAULT_REBOOT] = "reboot",
	[FAULT_EIO] = "eio",
	[FAULT_UNPLUG] = "unplug",
	[FAULT_PLUG] = "plug",
	[FAULT_STEP_CLOCK] = "step-clock",
};

static const struct {
	const char *name;
	int error;
} errors[] = {
	{ "EAGAIN", EAGAIN }, { "EBUSY", EBUSY },   { "EFAULT", EFAULT },
	{ "EINTR", EINTR },   { "EINVAL", EINVAL }, { "EIO", EIO },
	{ "ENODEV", ENODEV }, { "ENOMEM", ENOMEM }, { "ENOSPC", ENOSPC },
	{ "ENOTTY", ENOTTY }, { "ENXIO", ENXIO },   { "EPERM", EPERM },
	{ "EPIPE", EPIPE },   { "EPROTO", EPROTO }, { "ESRCH", ESRCH },
	{ "ETIME", ETIME },   { "EACCES", EACCES }, { "ENOENT", ENOENT },
};

static bool read_call(struct fault *fault, const char *text)
{
	const char *nth = strchr(text, '@');
	size_t size = nth ? (size_t)(nth - text) : strlen(text);
	double number = 1;

	if (size >= CALL_SIZE || (nth && !words_number(nth + 1, &number)))
		return false;
	memcpy(fault->call, text, size);
	fault->call[size] = '\0';
	fault->nth = (uint64_t)number;
	return true;
}

/* Returns 1 when it was one, 0 when not, -EINVAL. */
static int read_when(struct fault *fault, const char *word)
{
	const char *text;
	double number;

	if ((text = words_value(word, "call")))
		return read_call(fault, text) ? 1 : -EINVAL;
	if (!strchr(word, '='))
		return 0;
	text = strchr(word, '=') + 1;
	if (!words_number(text, &number) || number < 0)
		return -EINVAL;
	if (words_value(word, "frame"))
		fault->frame = (uint64_t)number;
	else if (words_value(word, "every"))
		fault->every = (uint64_t)number;
	else if (words_value(word, "p"))
		fault->chance = number;
	else if (words_value(word, "time"))
		fault->from_us = world_now_us() + (int64_t)(number * 1e6);
	else if (words_value(word, "for"))
		fault->lasts_us = (int64_t)(number * 1e6);
	else
		return -EINVAL;
	return 1;
}

static bool read_kind(struct fault *fault, const char *word)
{
	for (int i = 0; i < FAULT_KINDS; i++) {
		if (strcmp(names[i], word) == 0) {
			fault->kind = (enum fault_kind)i;
			return true;
		}
	}
	return false;
}

/* "x3", "x*", "ever", "EIO", or a number. */
static bool read_what(struct fault *fault, const char *word)
{
	double number;

	if (word[0] == 'x' && strcmp(word, "x*") != 0) {
		if (!words_number(word + 1, &number))
			return false;
		fault->left = (int64_t)number;
		return true;
	}
	if (strcmp(word, "x*") == 0) {
		fault->left = INT64_MAX;
		return true;
	}
	if (strcmp(word, "ever") == 0) {
		fault->value = INFINITY;
		return true;
	}
	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		if (strcmp(errors[i].name, word) == 0) {
			fault->error = errors[i].error;
			return true;
		}
	}
	return words_number(word, &fault->value);
}

static bool read_words(struct fault *fault, const struct words *w)
{
	int i = 0, err = 1;

	while (i < w->count && (err = read_when(fault, w->list[i])) > 0)
		i++;
	if (err < 0 || i + 2 > w->count)
		return false;
	if (strcmp(w->list[i], "*") != 0 &&
	    !(fault->node = node_find(w->list[i])))
		return false;
	if (!read_kind(fault, w->list[i + 1]))
		return false;
	for (i += 2; i < w->count; i++) {
		if (!read_what(fault, w->list[i]))
			return false;
	}
	return fault->kind != FAULT_FAIL || (fault->error && fault->call[0]);
}

int faults_read_line(const char *line)
{
	struct fault *fault = calloc(1, sizeof(*fault)), **end = &faults;
	struct words words = { 0 };

	if (!fault)
		return -ENOMEM;
	*fault = (struct fault){ .chance = 1, .left = 1, .value = -1 };
	snprintf(fault->text, sizeof(fault->text), "%s", line);
	if (!words_split(&words, line) || !read_words(fault, &words)) {
		free(fault);
		return -EINVAL;
	}
	if (fault->lasts_us)
		fault->left = INT64_MAX;
	while (*end)
		end = &(*end)->next;
	*end = fault;
	return 0;
}

void faults_forget(void)
{
	while (faults) {
		struct fault *next = faults->next;

		free(faults);
		faults = next;
	}
	clock_us = 0;
}

/* --- when ---------------------------------------------------------------- */

/* All but the call. */
static bool is_due(struct fault *fault, const struct node *node)
{
	int64_t now = world_now_us();

	if ((fault->node && fault->node != node) || fault->left <= 0)
		return false;
	if (now < fault->from_us || (node && node->frames < fault->frame))
		return false;
	if (fault->every && node && node->frames % fault->every != 0)
		return false;
	if (!fault->began_us)
		fault->began_us = now;
	if (fault->lasts_us && now > fault->began_us + fault->lasts_us)
		return false;
	return fault->chance >= 1 ||
	       rand_r(&seed) < fault->chance * (double)RAND_MAX;
}

static void use_up(struct fault *fault)
{
	fault->hits++;
	if (fault->left != INT64_MAX)
		fault->left--;
}

static bool names_call(const struct fault *fault, const char *call,
		       const char *queue)
{
	size_t size = strlen(call);

	if (strcmp(fault->call, "*") == 0)
		return true;
	if (strncmp(fault->call, call, size) != 0)
		return false;
	if (!fault->call[size])
		return true;
	return fault->call[size] == '.' &&
	       strcmp(fault->call + size + 1, queue) == 0;
}

bool faults_hit(struct node *node, enum fault_kind kind, double *value)
{
	for (struct fault *f = faults; f; f = f->next) {
		if (f->kind != kind || !is_due(f, node))
			continue;
		use_up(f);
		if (value)
			*value = f->value;
		return true;
	}
	return false;
}

bool faults_peek(struct node *node, enum fault_kind kind, double *value)
{
	for (struct fault *f = faults; f; f = f->next) {
		if (f->kind != kind || !is_due(f, node))
			continue;
		if (!f->hits)
			f->hits = 1;
		if (value)
			*value = f->value;
		return true;
	}
	return false;
}

/* --- what ---------------------------------------------------------------- */

static void each_file(const struct node *node, void (*call)(struct file *))
{
	for (int fd = fdtable_next_file(0); fd >= 0;
	     fd = fdtable_next_file(fd + 1)) {
		if (fdtable_file(fd)->node == node)
			call(fdtable_file(fd));
	}
}

static void wake(struct file *f)
{
	pthread_cond_broadcast(&f->wake);
}

/* vb2_queue_error() on all that it has. */
static void break_queues(struct file *f)
{
	f->queue[OUT].error = f->queue[CAP].error = true;
	file_changed(f);
}

static void set_dead(struct node *node, bool dead)
{
	node->dead = node->stalled = dead;
	if (!dead)
		node->stuck_until_us = 0;
	paths_set_dead(node, dead);
	each_file(node, wake);
	pthread_cond_broadcast(&world_changed);
}

static void begin_unplug(struct node *node, double ms)
{
	node_disconnect(node);
	if (ms > 0)
		node->leaves_us = world_now_us() + (int64_t)(ms * 1000);
	else
		node_unplug(node);
}

static void act(struct fault *fault, struct node *node)
{
	use_up(fault);
	switch (fault->kind) {
	case FAULT_STALL:
		node->stalled = true;
		break;
	case FAULT_RESUME:
		node->stalled = false;
		each_file(node, wake);
		break;
	case FAULT_DIE:
	case FAULT_REBOOT:
		set_dead(node, fault->kind == FAULT_DIE);
		break;
	case FAULT_EIO:
		each_file(node, break_queues);
		break;
	case FAULT_UNPLUG:
		begin_unplug(node, fault->value < 0 ? UNPLUG_MS : fault->value);
		break;
	case FAULT_PLUG:
		node_plug(node, (int)fault->value);
		break;
	case FAULT_STEP_CLOCK:
		clock_us += (int64_t)(fault->value * 1e6);
		break;
	default:
		break;
	}
}

static bool is_action(const struct fault *fault)
{
	return fault->kind >= FAULT_STALL;
}

void faults_tick(void)
{
	for (struct fault *f = faults; f; f = f->next) {
		if (!is_action(f) || f->call[0] || !is_due(f, f->node))
			continue;
		if (f->node || f->kind == FAULT_STEP_CLOCK)
			act(f, f->node);
	}
	for (struct node *node = node_first(); node; node = node->next) {
		if (node->leaves_us && node->leaves_us <= world_now_us())
			node_unplug(node);
	}
}

int64_t faults_clock_us(void)
{
	return clock_us;
}

static void wait_while_stuck(struct node *node)
{
	while (node->stuck_until_us > world_now_us())
		world_wait(&world_changed, node->stuck_until_us);
}

static void block(struct node *node, double seconds)
{
	node->stuck_until_us =
		isinf(seconds) ? FOR_EVER
			       : world_now_us() + (int64_t)(seconds * 1e6);
}

int faults_on_call(struct node *node, const char *call, const char *queue)
{
	int err = 0;

	wait_while_stuck(node);
	for (struct fault *f = faults; f && err == 0; f = f->next) {
		if (!f->call[0] || !names_call(f, call, queue) ||
		    (f->node && f->node != node) || ++f->calls < f->nth ||
		    !is_due(f, node))
			continue;
		if (is_action(f)) {
			act(f, node);
			continue;
		}
		use_up(f);
		if (f->kind == FAULT_BLOCK)
			block(node, f->value);
		else if (f->kind == FAULT_FAIL)
			err = -f->error;
	}
	wait_while_stuck(node);
	return err;
}

/* The firmware loses a reference with each, and then its life. */
int faults_on_attach(struct node *node)
{
	double limit;

	if (!faults_peek(node, FAULT_ATTACH_LIMIT, &limit) ||
	    (double)node->counters.attaches <= limit)
		return 0;
	set_dead(node, true);
	return -EIO;
}

/* ------------------------------------------------------------------------- */

void faults_print(FILE *out)
{
	const char *comma = "";

	fputc('[', out);
	for (const struct fault *f = faults; f; f = f->next) {
		fprintf(out, "%s\n    { \"line\": \"%s\", \"hits\": %llu }",
			comma, f->text, (unsigned long long)f->hits);
		comma = ",";
	}
	fputs(" ]", out);
}
