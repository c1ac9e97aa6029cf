/* SPDX-License-Identifier: MIT */
/*
 * device_test: what its parts share. A test is a function without arguments;
 * what it finds wrong is printed and counted, and it goes on.
 */
#ifndef TESTS_KERNEL_DEVICE_TEST_H
#define TESTS_KERNEL_DEVICE_TEST_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "m2m.h"

#define YU12 V4L2_PIX_FMT_YUV420
#define NV12 V4L2_PIX_FMT_NV12
#define H264 V4L2_PIX_FMT_H264

extern const char *encoder, *scaler, *camera, *folder;

/* Returns `is`. */
bool expect(bool is, const char *what);
void expect_error(int want, int got, const char *what);

/* Of the module, in sysfs. */
void parameter(const char *name, unsigned int value);
unsigned int counter(const char *name);

int64_t now_ms(void);

/* Opens and sets up all but STREAMON; every buffer of CAPTURE is queued. */
void set_up(struct m2m *m, uint32_t fourcc, unsigned int width,
	    unsigned int height);
void start(struct m2m *m, uint32_t fourcc, unsigned int width,
	   unsigned int height);

/* Gives pictures first to last - 1 to OUTPUT, at 1000 us * number. */
void give(struct m2m *m, unsigned int first, unsigned int last);

/* So many buffers of OUTPUT come back, each within a second. */
bool came_back(struct m2m *m, unsigned int count);

/* The NAL unit types of a buffer, one hexadecimal digit each. */
const char *units(const struct m2m *m, const struct m2m_got *got);

/* The next buffer of CAPTURE has these NAL units and is queued again. */
void expect_units(struct m2m *m, const char *want, int64_t us);

/* device_formats.c */
void single_planar_is_refused(void);
void sizes_and_strides_are_limited(void);
void capture_size_is_a_wish(void);
void format_is_fixed_by_buffers(void);
void controls_are_clamped_and_per_file(void);
void rate_belongs_to_output(void);
void streamon_judges_the_level(void);

/* device_stream.c */
void stream_has_the_manners_of_a_pi(void);
void headers_come_apart_when_asked(void);
void faults_come_on_request(void);
void drain_gives_every_picture(void);
void start_does_not_resume_but_streamoff_does(void);
void drain_of_nothing_ends(void);
void conforming_start_resumes(void);
void poll_is_as_the_kernel_has_it(void);
void many_come_and_go(void);

/* device_memory.c */
void imports_are_counted(void);
void vmalloc_memory_is_refused(void);
void hang_can_not_be_killed(void);

/* device_pictures.c */
void pictures_for_the_host(void);

#endif
