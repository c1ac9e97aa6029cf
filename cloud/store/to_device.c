/* SPDX-License-Identifier: MIT */
#include "cloud/store/to_device.h"

#include <string.h>

void to_device_welcome(struct to_device *t, const struct wire_message *welcome)
{
	t->welcome = *welcome;
	t->welcomes = true;
}

void to_device_demand(struct to_device *t, uint32_t viewers)
{
	t->viewers = viewers;
	t->demands = true;
}

void to_device_ack(struct to_device *t, struct wire_position at)
{
	if (wire_compare(at, t->acked) > 0)
		t->acked = at;
	t->acks = true;
}

void to_device_drain(struct to_device *t)
{
	t->drains = true;
}

void to_device_error(struct to_device *t, enum wire_error_code code,
		     const char *text)
{
	t->code = (uint16_t)code;
	t->text = text;
	t->errs = true;
}

static bool take(bool *said)
{
	bool was = *said;

	*said = false;
	return was;
}

/* False: there is nothing to say. */
static bool next(struct to_device *t, struct wire_message *m)
{
	if (take(&t->welcomes))
		*m = t->welcome;
	else if (take(&t->demands))
		*m = (struct wire_message){ .type = WIRE_DEMAND,
					    .demand = { t->viewers } };
	else if (take(&t->acks))
		*m = (struct wire_message){ .type = WIRE_ACK,
					    .ack = { t->acked } };
	else if (take(&t->errs))
		*m = (struct wire_message){ .type = WIRE_ERROR,
					    .error = { t->code },
					    .body_size =
						    (uint32_t)strlen(t->text) };
	else if (take(&t->drains))
		*m = (struct wire_message){ .type = WIRE_DRAIN };
	else
		return false;
	return true;
}

size_t to_device_take(struct to_device *t, uint8_t out[static TO_DEVICE_MAX])
{
	struct wire_message m;
	size_t n;

	if (!next(t, &m))
		return 0;
	n = wire_encode(out, &m);
	if (m.type == WIRE_ERROR)
		memcpy(out + n, t->text, m.body_size);
	return n + m.body_size;
}

bool to_device_has(const struct to_device *t)
{
	return t->welcomes || t->demands || t->acks || t->errs || t->drains;
}
