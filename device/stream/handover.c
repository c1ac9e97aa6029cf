/* SPDX-License-Identifier: MIT */
#include "device/stream/handover.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LOG_MODULE "handover"
#include "common/log.h"
#include "device/stream/handover_state.h"

void handover_part_file(char out[static NAME_SIZE],
			const struct wire_part *meta)
{
	name_format(out, &(struct name){ .kind = NAME_PART,
					 .id = meta->epoch,
					 .at = meta->at });
}

int handover_open(struct handover **out, const struct handover_params *params)
{
	struct handover *h = calloc(1, sizeof(*h));
	int err;

	*out = NULL;
	if (!h)
		return -ENOMEM;
	h->params = *params;
	pthread_mutex_init(&h->lock, NULL);
	if ((err = window_open(&h->window, &params->window)) < 0 ||
	    (err = spool_open(&h->spool, params->directory,
			      params->any_filesystem)) < 0)
		goto fail;
	h->params.directory = NULL; /* was borrowed */
	err = handover_restore(h);
	if (err < 0) {
		log_error("cannot write the spool: %s", strerror(-err));
		goto fail;
	}
	*out = h;
	return 0;

fail:
	handover_close(&h);
	return err;
}

void handover_close(struct handover **handover)
{
	struct handover *h = *handover;

	*handover = NULL;
	if (!h)
		return;
	window_close(&h->window);
	spool_close(&h->spool);
	pthread_mutex_destroy(&h->lock);
	free(h->text);
	free(h);
}

bool handover_is_finished(struct handover *h)
{
	bool finished;

	pthread_mutex_lock(&h->lock);
	finished = h->finished;
	pthread_mutex_unlock(&h->lock);
	return finished;
}

bool handover_clock(struct handover *h, int64_t *offset_us)
{
	bool known;

	pthread_mutex_lock(&h->lock);
	known = h->has_clock;
	*offset_us = h->clock_us;
	pthread_mutex_unlock(&h->lock);
	return known;
}

void handover_set_clock(struct handover *h, int64_t offset_us)
{
	pthread_mutex_lock(&h->lock);
	h->has_clock = true;
	h->clock_us = offset_us;
	pthread_mutex_unlock(&h->lock);
}

const struct window_params *handover_window(const struct handover *h)
{
	return window_params(h->window);
}
