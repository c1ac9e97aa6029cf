/* SPDX-License-Identifier: MIT */
#include "tests/fake/script.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fake/camera_node.h"
#include "tests/fake/faults.h"
#include "tests/fake/node.h"
#include "tests/fake/paths.h"
#include "tests/fake/real.h"
#include "tests/fake/words.h"

static enum kernel kernel = KERNEL_6_6;
static unsigned int shuffle; /* 0: numbers as they are on a Pi */

static const struct node_kind *const kinds[] = {
	&kind_encoder,	    &kind_isp,	    &kind_camera,   &kind_decode,
	&kind_encode_image, &kind_image_fx, &kind_metadata,
};

/* --- numbers ------------------------------------------------------------- */

/* What the module parameters of bcm2835-codec ask for. */
static const struct {
	const struct node_kind *kind;
	const char *name;
	int number;
} pi[] = {
	{ &kind_decode, "decode", 10 },	    { &kind_encoder, "encoder", 11 },
	{ &kind_isp, "isp", 12 },	    { &kind_image_fx, "image_fx", 18 },
	{ &kind_encode_image, "jpeg", 31 },
};

static int usual_number(const struct node *node)
{
	for (size_t i = 0; i < sizeof(pi) / sizeof(*pi); i++) {
		if (pi[i].kind == node->kind)
			return pi[i].number;
	}
	return -1;
}

static int choose_number(const struct node *node)
{
	int number = shuffle ? rand_r(&shuffle) % NODE_MAX_NUMBER
			     : usual_number(node);

	while (number >= 0 && node_find_number(number))
		number = (number + 1) % NODE_MAX_NUMBER;
	return number;
}

void script_plug_all(void)
{
	for (struct node *node = node_first(); node; node = node->next) {
		int number = node->last_number;

		if (node->number >= 0 || number == -2)
			continue;
		node->dead = node->stalled = paths_is_dead(node);
		node_plug(node, number >= 0 ? number : choose_number(node));
		node->stalled = node->dead;
	}
}

/* --- "node NAME KIND KEY=VALUE ..." -------------------------------------- */

static bool read_kernel(const char *text, enum kernel *out)
{
	static const char *const names[] = { "2019", "5.15", "6.6" };

	for (int i = 0; i < 3; i++) {
		if (strcmp(names[i], text) == 0) {
			*out = (enum kernel)i;
			return true;
		}
	}
	return false;
}

static void apply_kernel(struct node *node)
{
	node->kernel = kernel;
	if (kernel == KERNEL_2019 && strcmp(node->driver, "bcm2835-codec") == 0)
		snprintf(node->card, sizeof(node->card), "bcm2835-codec");
}

static bool read_formats(struct node *node, const char *text)
{
	char name[5] = "";
	int count = 0;

	memset(node->formats[CAP], 0, sizeof(node->formats[CAP]));
	for (; *text; text += text[4] == ',' ? 5 : 4) {
		if (strlen(text) < 4 || count == NODE_MAX_FORMATS - 1)
			return false;
		memcpy(name, text, 4);
		node->formats[CAP][count] = format_from_text(name);
		if (!node->formats[CAP][count++])
			return false;
	}
	return count > 0;
}

static bool read_sizes(struct node *node, const char *text)
{
	int count = 0, used = 0;
	unsigned int width, height;

	memset(node->sizes, 0, sizeof(node->sizes));
	while (sscanf(text, "%ux%u%n", &width, &height, &used) == 2 &&
	       count < NODE_MAX_SIZES) {
		node->sizes[count].width = width;
		node->sizes[count++].height = height;
		text += used;
		if (!*text)
			return true;
		text++;
	}
	return false;
}

static bool read_text(struct node *node, const char *word)
{
	const char *text;

	if ((text = words_value(word, "card")))
		snprintf(node->card, sizeof(node->card), "%s", text);
	else if ((text = words_value(word, "bus")))
		snprintf(node->bus, sizeof(node->bus), "%s", text);
	else if ((text = words_value(word, "serial")))
		snprintf(node->serial, sizeof(node->serial), "%s", text);
	else
		return false;
	return true;
}

static bool read_number(struct node *node, const char *word)
{
	const char *text = strchr(word, '=');
	double number;

	if (!text || !words_number(text + 1, &number))
		return false;
	if (words_value(word, "number"))
		node->last_number = (int)number;
	else if (words_value(word, "fps") && number >= 1)
		node->fps = (int)number;
	else if (words_value(word, "pad") && number >= 1)
		node->pad = (uint32_t)number;
	else if (words_value(word, "delay"))
		node->delay = (int)number;
	else if (words_value(word, "budget") && number >= 1)
		node->macroblocks_per_s = (int64_t)number;
	else if (words_value(word, "dmabuf"))
		node->dmabuf = number > 0;
	else if (words_value(word, "contiguous"))
		node->contiguous = number > 0;
	else
		return false;
	return true;
}

static bool read_option(struct node *node, const char *word)
{
	const char *text;

	if (strcmp(word, "readwrite") == 0) {
		node->caps |= V4L2_CAP_READWRITE;
		return true;
	}
	if (strcmp(word, "unplugged") == 0) {
		node->last_number = -2;
		return true;
	}
	if ((text = words_value(word, "profile")))
		return node->kind == &kind_camera &&
		       camera_set_profile(node, text) == 0;
	if ((text = words_value(word, "formats")))
		return read_formats(node, text);
	if ((text = words_value(word, "sizes")))
		return read_sizes(node, text);
	return read_text(node, word) || read_number(node, word);
}

static bool read_node(const struct words *w)
{
	const struct node_kind *kind = NULL;
	struct node *node;

	if (w->count < 3 || node_find(w->list[1]))
		return false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (strcmp(kinds[i]->name, w->list[2]) == 0)
			kind = kinds[i];
	}
	if (!kind || !(node = node_add(kind, w->list[1])))
		return false;
	apply_kernel(node);
	for (int i = 3; i < w->count; i++) {
		if (!read_option(node, w->list[i]))
			return false;
	}
	return true;
}

/* --- "pi", "kernel", "shuffle" ------------------------------------------- */

static bool add_pi(void)
{
	for (size_t i = 0; i < sizeof(pi) / sizeof(*pi); i++) {
		struct node *node = node_add(pi[i].kind, pi[i].name);

		if (!node)
			return false;
		apply_kernel(node);
	}
	return true;
}

static bool read_line(const char *line)
{
	struct words w = { 0 };
	double number;

	if (!words_split(&w, line))
		return false;
	if (!w.count)
		return true;
	if (strcmp(w.list[0], "pi") == 0)
		return w.count == 1 && add_pi();
	if (strcmp(w.list[0], "node") == 0)
		return read_node(&w);
	if (strcmp(w.list[0], "kernel") == 0)
		return w.count == 2 && read_kernel(w.list[1], &kernel);
	if (strcmp(w.list[0], "shuffle") == 0) {
		if (w.count != 2 || !words_number(w.list[1], &number))
			return false;
		shuffle = (unsigned int)number;
		return true;
	}
	return faults_read_line(line) == 0;
}

int script_read(const char *text)
{
	char line[WORDS_LINE];

	while (*text) {
		size_t size = strcspn(text, ";\n");

		if (size >= sizeof(line))
			return -EINVAL;
		memcpy(line, text, size);
		line[size] = '\0';
		if (!read_line(line)) {
			fprintf(stderr, "fake v4l2: cannot read: %s\n", line);
			return -EINVAL;
		}
		text += size;
		text += *text != '\0';
	}
	return 0;
}

void script_forget(void)
{
	faults_forget();
	for (const struct node *n = node_first(); n; n = n->next)
		paths_set_dead(n, false);
	node_forget_all();
	kernel = KERNEL_6_6;
	shuffle = 0;
}

int script_follow(const char *path)
{
	static long at;
	char line[WORDS_LINE];
	FILE *in = real()->fopen(path, "re");
	int err = 0;

	if (!in)
		return -errno;
	fseek(in, at, SEEK_SET);
	while (err == 0 && fgets(line, sizeof(line), in)) {
		if (!strchr(line, '\n'))
			break; /* half of one: the rest will come */
		at = ftell(in);
		err = script_read(line);
	}
	fclose(in);
	return err;
}
