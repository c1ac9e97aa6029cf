/* SPDX-License-Identifier: MIT */
/*
 * dialog_state: what dialog.c shares with its two halves, dialog_hear.c and
 * dialog_speak.c. Nobody else includes it.
 */
#ifndef DEVICE_UPLINK_DIALOG_STATE_H
#define DEVICE_UPLINK_DIALOG_STATE_H

#include "device/uplink/dialog.h"
#include "device/uplink/sendplan.h"

/* The longest message from a relay: an error. */
#define DIALOG_MAX_IN (WIRE_MAX_FIXED + WIRE_MAX_TEXT)

enum dialog_state {
	GREETING, /* hello is to be said */
	WAITING,  /* for welcome */
	READY,	  /* for its turn to send */
	LIVE,	  /* the plan says what is sent */
	PAUSED,	  /* as live, but nothing is begun */
	LEAVING,  /* bye is to be said */
	LEFT,	  /* it was */
	BROKEN,	  /* nothing more is said or heard */
};

struct dialog {
	struct dialog_params params;
	enum dialog_state state;
	struct outbox *outbox;
	struct sendplan plan;
	uint32_t skipped; /* of the plan's, those that were counted */
	struct wire_message welcome;
	bool has_known; /* when hello was said, some relay had acknowledged */
	struct wire_position known;
	bool has_sent, idle;		  /* idle: the plan had nothing */
	struct wire_position sent, acked; /* newest parts, here */
	int64_t opened_us, heard_us;
	int64_t rested_us; /* when it was last seen to send no media */
	uint8_t in[DIALOG_MAX_IN];
	size_t in_size;
	uint32_t viewers;
	struct wire_status status;
	char status_text[WIRE_MAX_TEXT + 1];
	bool say_status;
	bool hurry;		/* once it may send */
	uint64_t poster_number; /* of the one that this relay has */
	uint16_t error;
	char why[WIRE_MAX_TEXT + 1];
};

/* Whether the device is in a mode in which it sends media. */
bool dialog_is_to_send(const struct dialog *d);

/* Returns how many segments were left out since this was asked last. */
uint32_t dialog_count_skipped(struct dialog *d);

#endif
