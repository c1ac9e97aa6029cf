/* SPDX-License-Identifier: MIT */
#include "device/camera/controls.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/videodev2.h>

#define LOG_MODULE "camera"
#include "common/log.h"
#include "device/v4l2/v4l2.h"

#define MOST_CONTROLS 128

/* --- names --------------------------------------------------------------- */

void control_name(char out[CONTROL_NAME_SIZE], const char *text)
{
	size_t n = 0;
	bool gap = false;

	for (; *text && n + 2 < CONTROL_NAME_SIZE; text++) {
		int c = (unsigned char)*text;

		if (!isalnum(c)) {
			gap = n > 0;
			continue;
		}
		if (gap)
			out[n++] = '_';
		gap = false;
		out[n++] = (char)tolower(c);
	}
	out[n] = '\0';
}

int control_next(struct control *out, const char **list)
{
	char text[CONTROL_NAME_SIZE];
	const char *at = *list + strspn(*list, " ,");
	size_t n = strcspn(at, "=,");
	long value;
	char *end;

	*out = (struct control){ 0 };
	if (!*at)
		return 0;
	if (at[n] != '=' || n >= sizeof(text))
		return -EINVAL;
	memcpy(text, at, n);
	text[n] = '\0';
	control_name(out->name, text);
	errno = 0;
	value = strtol(at + n + 1, &end, 10);
	end += strspn(end, " ");
	if (end == at + n + 1 || (*end && *end != ',') || errno ||
	    value < INT32_MIN || value > INT32_MAX)
		return -EINVAL;
	out->value = (int32_t)value;
	*list = end;
	return 1;
}

/* --- the device ---------------------------------------------------------- */

static bool can_be_set(const struct v4l2_queryctrl *query)
{
	return !(query->flags &
		 (V4L2_CTRL_FLAG_DISABLED | V4L2_CTRL_FLAG_READ_ONLY)) &&
	       (query->type == V4L2_CTRL_TYPE_INTEGER ||
		query->type == V4L2_CTRL_TYPE_BOOLEAN ||
		query->type == V4L2_CTRL_TYPE_MENU ||
		query->type == V4L2_CTRL_TYPE_INTEGER_MENU ||
		query->type == V4L2_CTRL_TYPE_BITMASK ||
		query->type == V4L2_CTRL_TYPE_BUTTON);
}

int controls_list(int fd, struct control *out, int most)
{
	struct v4l2_queryctrl query = { .id = V4L2_CTRL_FLAG_NEXT_CTRL };
	int count = 0;

	while (count < most && !v4l2_call(fd, VIDIOC_QUERYCTRL, &query)) {
		char name[sizeof(query.name) + 1] = "";
		uint32_t id = query.id;

		memcpy(name, query.name, sizeof(query.name));
		if (can_be_set(&query)) {
			out[count] = (struct control){
				.id = id,
				.least = query.minimum,
				.most = query.maximum,
				.value = query.default_value,
			};
			control_name(out[count].name, name);
			v4l2_get_control(fd, id, &out[count].value);
			count++;
		}
		query.id = id | V4L2_CTRL_FLAG_NEXT_CTRL;
	}
	return count;
}

static const struct control *find(const struct control *controls, int count,
				  const char *name)
{
	for (int i = 0; i < count; i++) {
		if (!strcmp(controls[i].name, name))
			return &controls[i];
	}
	return NULL;
}

static void set(int fd, const struct control *has, const struct control *wish)
{
	int32_t got = wish->value;
	int err = v4l2_set_control(fd, has->id, wish->value);

	if (err < 0) {
		log_warn("the camera refuses %s=%d: %s; it takes %d to %d",
			 wish->name, wish->value, strerror(-err), has->least,
			 has->most);
		return;
	}
	if (!v4l2_get_control(fd, has->id, &got) && got != wish->value)
		log_warn("the camera made %s=%d of %d; it takes %d to %d",
			 wish->name, got, wish->value, has->least, has->most);
}

void controls_set(int fd, const char *list)
{
	struct control *has = calloc(MOST_CONTROLS, sizeof(*has));
	struct control wish;
	int count, err;

	if (!has)
		return;
	count = controls_list(fd, has, MOST_CONTROLS);
	while ((err = control_next(&wish, &list)) > 0) {
		const struct control *c = find(has, count, wish.name);

		if (c)
			set(fd, c, &wish);
		else
			log_warn("the camera has no control %s; `oriel-cam "
				 "check --json` lists those it has",
				 wish.name);
	}
	if (err < 0)
		log_warn("cannot read --control from \"%s\" on; it is "
			 "name=number,name=number",
			 list);
	free(has);
}
