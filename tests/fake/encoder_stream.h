/* SPDX-License-Identifier: MIT */
/*
 * encoder_stream: the encoder at work: its thread, what it keeps and what
 * goes wrong with frames. Under world_lock.
 */
#ifndef TESTS_FAKE_ENCODER_STREAM_H
#define TESTS_FAKE_ENCODER_STREAM_H

#include <stdint.h>

#include "tests/fake/node.h"

int encoder_stream_open(struct file *f);
void encoder_stream_close(struct file *f);

/* A queue was switched on or is switched off. */
void encoder_stream_start(struct file *f, enum direction way);
void encoder_stream_stop(struct file *f, enum direction way);
void encoder_stream_drain(struct file *f);
void encoder_stream_control(struct file *f, uint32_t id);

#endif
