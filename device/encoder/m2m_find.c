/* SPDX-License-Identifier: MIT */
#include "device/encoder/m2m_find.h"

#include <string.h>

#define LOG_MODULE "encoder"
#include "common/log.h"
#include "device/v4l2/raw.h"
#include "device/v4l2/v4l2_probe.h"

static const char *wish_of(const char *name)
{
	const char *colon = strchr(name, ':');

	return colon ? colon + 1 : "";
}

int m2m_find(struct v4l2_node *node, const char *name)
{
	const char *wish = wish_of(name);
	int err = v4l2_find(node, V4L2_ENCODER, wish, NULL);

	if (!err)
		return 0;
	if (!strcmp(name, "auto"))
		log_info("there is no hardware encoder: the processor encodes");
	else
		log_error("no hardware encoder%s%s: %s; `oriel-cam check` "
			  "lists what there is, --encoder auto takes what "
			  "works",
			  *wish ? " at " : "", wish, strerror(-err));
	return err;
}

unsigned int m2m_find_formats(const char *name)
{
	static const enum picture_format all[] = { PICTURE_I420, PICTURE_NV12,
						   PICTURE_YUYV };
	const char *wish = wish_of(name);
	struct v4l2_node node;
	unsigned int bits = 0;

	if (v4l2_find(&node, V4L2_ENCODER, wish, NULL) < 0)
		return 0;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		if (v4l2_has_format(&node.output, raw_fourcc(all[i])))
			bits |= 1u << all[i];
	}
	return bits;
}
