/* SPDX-License-Identifier: MIT */
/*
 * Any answers of a relay to a device that has two segments to send. The first
 * byte of each piece says what it is, the second how long it is:
 *
 *	0x01 the first piece of its message, 0x02 the last one,
 *	0x04 the device speaks as long as it has something to say
 */
#include "device/uplink/dialog.h"

#include <stdlib.h>

#include "device/uplink/outbox.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/fake_handover.h"

static void speak(struct dialog *d, int64_t now_us)
{
	struct outbox *o;

	for (int n = 0; n < 100 && (o = dialog_speak(d, now_us)); n++) {
		bool first, last = false;
		size_t size;

		while (!last && outbox_take(o, 1000, &size, &first, &last))
			;
	}
}

static void hear(struct dialog *d, const uint8_t *bytes, size_t size)
{
	int64_t now_us = 1000000;
	size_t at = 0;

	while (size - at >= 2) {
		unsigned int flags = bytes[at];
		size_t n = bytes[at + 1];
		enum dialog_event event;

		at += 2;
		if (n > size - at)
			n = size - at;
		now_us += 1000;
		event = dialog_receive(d, bytes + at, n, flags & 1, flags & 2,
				       now_us);
		if (event == DIALOG_ERROR || event == DIALOG_BROKEN) {
			if (!dialog_why(d))
				abort();
			return;
		}
		if (flags & 4)
			speak(d, now_us);
		at += n;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct handover *h = fake_open();
	struct dialog_sent sent = { 0 };
	struct dialog *d;

	fake_add(h, (struct fake_segment){ .msn = 7, .parts = 3, .init = 1 });
	fake_add(h, (struct fake_segment){
			    .msn = 8, .parts = 2, .init = 1, .open = true });
	if (dialog_open(&d, &(struct dialog_params){ .process = 1,
						     .handover = h,
						     .sent = &sent,
						     .now_us = 1000000 }) < 0)
		abort();
	speak(d, 1000000);
	hear(d, bytes, size);
	dialog_leave(d);
	speak(d, 9000000);
	dialog_close(&d);
	fake_close(&h);
	return 0;
}
