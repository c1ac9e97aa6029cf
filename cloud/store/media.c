/* SPDX-License-Identifier: MIT */
#include "cloud/store/media.h"

#include "cloud/http/reply.h"

/*
 * A name stands for one content for ever; an hour is longer than any player
 * looks back. video/mp4 and not video/iso.segment, which VLC does not know.
 */
static const struct reply_params media = {
	.status = 200,
	.type = "video/mp4",
	.cache = "public, max-age=3600, immutable",
	.media = true,
};

struct reply *media_new(size_t size)
{
	return reply_new(&media, size);
}

struct reply *media_segment(struct reply *const *part, size_t count)
{
	return reply_new_chain(&media, part, count);
}
