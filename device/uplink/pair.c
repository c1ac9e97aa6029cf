/* SPDX-License-Identifier: MIT */
#include "device/uplink/pair.h"

/* What a connection may still have on its way when another takes over. */
#define SETTLE_US 3000000

/* A new relay may need that long until it has all that viewers need. */
#define CATCH_UP_US 10000000

int pair_open(struct pair *p, const struct connection_params *params)
{
	int err;

	*p = (struct pair){ .take_over_us = INT64_MAX };
	err = connection_open(&p->connection[0], params);
	return err < 0 ? err : connection_open(&p->connection[1], params);
}

void pair_abandon(struct pair *p)
{
	for (int i = 0; i < 2; i++)
		connection_abandon(p->connection[i]);
}

void pair_close(struct pair *p)
{
	for (int i = 0; i < 2; i++)
		connection_close(&p->connection[i]);
	*p = (struct pair){ 0 };
}

/* --- which there are -------------------------------------------------------
 */

static bool counts(const struct connection *c)
{
	return connection_is_used(c) && !connection_is_dropped(c);
}

/* Whether a connection is being made, or about to take over. */
static bool is_trying(const struct pair *p)
{
	for (int i = 0; i < 2; i++)
		if (p->connection[i] != p->live && counts(p->connection[i]))
			return true;
	return false;
}

struct connection *pair_spare(const struct pair *p)
{
	if (is_trying(p))
		return NULL;
	for (int i = 0; i < 2; i++)
		if (!connection_is_used(p->connection[i]))
			return p->connection[i];
	return NULL;
}

bool pair_has_other(const struct pair *p, const struct connection *c)
{
	return counts(p->connection[c == p->connection[0]]);
}

bool pair_is_used(const struct pair *p)
{
	return connection_is_used(p->connection[0]) ||
	       connection_is_used(p->connection[1]);
}

struct connection *pair_newest(const struct pair *p)
{
	return p->next ? p->next : p->live;
}

void pair_welcome(struct pair *p, struct connection *c, int64_t now_us)
{
	bool same = dialog_knows_us(connection_dialog(c));

	p->next = c;
	p->take_over_us = now_us + (same ? SETTLE_US : CATCH_UP_US);
}

void pair_forget(struct pair *p, const struct connection *c)
{
	if (p->next == c)
		p->next = NULL;
	if (p->live == c)
		p->live = NULL;
}

/* --- taking over -----------------------------------------------------------
 */

/* Each byte goes one way only: what is on its way there arrives first. */
static bool take_over_within_relay(const struct pair *p, bool late)
{
	const struct dialog *before = connection_dialog(p->live);

	dialog_pause(connection_dialog(p->live));
	if (!late && !dialog_is_settled(before))
		return false;
	dialog_begin(connection_dialog(p->next),
		     dialog_is_settled(before) ? before : NULL);
	return true;
}

/* The old one serves its viewers until the new one has what these need. */
static bool take_over_to_other_relay(const struct pair *p, bool late)
{
	dialog_begin(connection_dialog(p->next), NULL);
	connection_wake(p->next);
	return late || dialog_is_caught_up(connection_dialog(p->next));
}

static bool may_take_over(const struct pair *p, bool late)
{
	if (!p->live) {
		dialog_begin(connection_dialog(p->next), NULL);
		return true;
	}
	return dialog_knows_us(connection_dialog(p->next))
		       ? take_over_within_relay(p, late)
		       : take_over_to_other_relay(p, late);
}

bool pair_take_over(struct pair *p, int64_t now_us, int64_t *next_us)
{
	struct connection *before = p->live;

	*next_us = INT64_MAX;
	if (!p->next)
		return false;
	if (!may_take_over(p, now_us >= p->take_over_us)) {
		*next_us = p->take_over_us;
		return false;
	}
	p->live = p->next;
	p->next = NULL;
	p->take_over_us = INT64_MAX;
	connection_wake(p->live);
	if (before)
		connection_retire(before);
	return true;
}

/* --- all of them -----------------------------------------------------------
 */

void pair_wake(const struct pair *p)
{
	if (p->live)
		connection_wake(p->live);
	if (p->next)
		connection_wake(p->next);
}

void pair_doubt(const struct pair *p)
{
	for (int i = 0; i < 2; i++)
		connection_doubt(p->connection[i]);
}

int64_t pair_look(const struct pair *p, int64_t now_us)
{
	int64_t first_us = connection_look(p->connection[0], now_us);
	int64_t second_us = connection_look(p->connection[1], now_us);

	return first_us < second_us ? first_us : second_us;
}

void pair_leave(const struct pair *p)
{
	for (int i = 0; i < 2; i++) {
		struct connection *c = p->connection[i];

		if (c == p->live)
			connection_leave(c);
		else if (connection_is_used(c))
			connection_drop(c);
	}
}
