/* SPDX-License-Identifier: MIT */
/*
 * device_test ENCODER SCALER CAMERA FOLDER: whether the test device behaves as
 * a Pi's is known to. CAMERA is vivid with vmalloc memory. What it encodes and
 * the pictures that went in are left in FOLDER, for the host to decode.
 */
#include "device_test.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PARAMETERS "/sys/module/oriel_picodec/parameters/"

const char *encoder, *scaler, *camera, *folder;

static const char *test;
static int failures;

bool expect(bool is, const char *what)
{
	if (!is) {
		printf("not ok: %s: %s\n", test, what);
		failures++;
	}
	return is;
}

void expect_error(int want, int got, const char *what)
{
	if (want == got)
		return;
	printf("not ok: %s: %s: %s, not %s\n", test, what, strerror(got),
	       strerror(want));
	failures++;
}

void parameter(const char *name, unsigned int value)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	f = fopen(path, "w");
	if (!expect(f != NULL, path))
		exit(1);
	fprintf(f, "%u", value);
	expect(fclose(f) == 0, path);
}

unsigned int counter(const char *name)
{
	char path[128];
	unsigned int value = 0;
	FILE *f;

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	f = fopen(path, "r");
	expect(f && fscanf(f, "%u", &value) == 1, path);
	if (f)
		fclose(f);
	return value;
}

int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

/* --- an encoder that runs --------------------------------------------------
 */

void set_up(struct m2m *m, uint32_t fourcc, unsigned int width,
	    unsigned int height)
{
	m2m_open(m, encoder);
	expect_error(0, m2m_set_format(m, CAPTURE, H264, width, height, NULL),
		     "S_FMT CAPTURE");
	expect_error(0, m2m_set_format(m, OUTPUT, fourcc, width, height, NULL),
		     "S_FMT OUTPUT");
	expect_error(0, m2m_request(m, OUTPUT, V4L2_MEMORY_MMAP, 4),
		     "REQBUFS OUTPUT");
	expect_error(0, m2m_request(m, CAPTURE, V4L2_MEMORY_MMAP, 4),
		     "REQBUFS CAPTURE");
	for (unsigned int i = 0; i < m->cap.count; i++)
		expect_error(0, m2m_queue_cap(m, i), "QBUF CAPTURE");
}

void start(struct m2m *m, uint32_t fourcc, unsigned int width,
	   unsigned int height)
{
	set_up(m, fourcc, width, height);
	expect_error(0, m2m_on(m, OUTPUT), "STREAMON OUTPUT");
	expect_error(0, m2m_on(m, CAPTURE), "STREAMON CAPTURE");
}

void give(struct m2m *m, unsigned int first, unsigned int last)
{
	for (unsigned int i = first; i < last; i++) {
		unsigned int index = i % m->out.count;

		memset(m->out.at[index], 64 + i, m->out.size[index]);
		expect_error(0, m2m_queue_out(m, index, 0, i * 1000, -1, 0),
			     "QBUF OUTPUT");
	}
}

bool came_back(struct m2m *m, unsigned int count)
{
	struct m2m_got got;

	for (unsigned int i = 0; i < count; i++) {
		m2m_wait(m, POLLOUT, 1000);
		if (m2m_take(m, OUTPUT, V4L2_MEMORY_MMAP, &got))
			return false;
	}
	return true;
}

const char *units(const struct m2m *m, const struct m2m_got *got)
{
	static char text[32];
	const unsigned char *p = m->cap.at[got->index];
	size_t n = 0;

	for (size_t i = 0; i + 4 < got->used && n + 1 < sizeof(text); i++)
		if (p[i] == 0 && p[i + 1] == 0 && p[i + 2] == 0 &&
		    p[i + 3] == 1)
			text[n++] = "0123456789abcdef"[p[i + 4] & 15];
	text[n] = 0;
	return text;
}

void expect_units(struct m2m *m, const char *want, int64_t us)
{
	struct m2m_got got;

	if (!expect(m2m_next(m, &got) == 0, "a buffer of CAPTURE"))
		return;
	if (!expect(strcmp(units(m, &got), want) == 0, want))
		printf("  it has %s, %zu bytes\n", units(m, &got), got.used);
	expect(got.us == us, "time of the picture");
	expect(!!(got.flags & V4L2_BUF_FLAG_KEYFRAME) == !!strchr(want, '5'),
	       "KEYFRAME as it is");
	expect_error(0, m2m_queue_cap(m, got.index), "QBUF CAPTURE again");
}

#define TEST(name)                                                             \
	{                                                                      \
#name, name                                                    \
	}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} tests[] = {
		TEST(single_planar_is_refused),
		TEST(sizes_and_strides_are_limited),
		TEST(capture_size_is_a_wish),
		TEST(format_is_fixed_by_buffers),
		TEST(controls_are_clamped_and_per_file),
		TEST(rate_belongs_to_output),
		TEST(streamon_judges_the_level),
		TEST(stream_has_the_manners_of_a_pi),
		TEST(headers_come_apart_when_asked),
		TEST(faults_come_on_request),
		TEST(drain_gives_every_picture),
		TEST(start_does_not_resume_but_streamoff_does),
		TEST(drain_of_nothing_ends),
		TEST(conforming_start_resumes),
		TEST(poll_is_as_the_kernel_has_it),
		TEST(many_come_and_go),
		TEST(imports_are_counted),
		TEST(vmalloc_memory_is_refused),
		TEST(hang_can_not_be_killed),
		TEST(pictures_for_the_host),
	};
	size_t count = sizeof(tests) / sizeof(*tests);

	if (argc != 5) {
		fprintf(stderr, "device_test ENCODER SCALER CAMERA FOLDER\n");
		return 2;
	}
	encoder = argv[1];
	scaler = argv[2];
	camera = argv[3];
	folder = argv[4];
	for (size_t i = 0; i < count; i++) {
		int64_t before = now_ms();

		test = tests[i].name;
		tests[i].run();
		printf("%s: %d ms\n", test, (int)(now_ms() - before));
	}
	printf("%zu tests, %d failures\n", count, failures);
	return failures != 0;
}
