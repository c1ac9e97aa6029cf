/* SPDX-License-Identifier: MIT */
/* Tests of pictures for the host to decode and compare. */
#include <stdlib.h>
#include <string.h>

#include "device_test.h"

static FILE *file(const char *name)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	if (!f) {
		perror(path);
		exit(1);
	}
	return f;
}

/* Moving noise in a part of the picture, with the bytes that need escapes. */
static void draw(unsigned char *at, size_t size, unsigned int n)
{
	static unsigned int seed = 1;
	size_t first = size * n / 40, last = first + size / 10;

	if (n % 12 == 0)
		memset(at, 16 + 8 * n, size);
	for (size_t i = first; i < last && i < size; i++) {
		seed = seed * 1103515245 + 12345;
		at[i] = n % 2 ? seed >> 24 : (seed >> 24) & 3;
	}
}

/* The visible part of a picture, without its padding, planar. */
static void keep(FILE *f, const unsigned char *at, uint32_t fourcc,
		 const struct v4l2_pix_format_mplane *p)
{
	unsigned int stride = p->plane_fmt[0].bytesperline;
	const unsigned char *chroma = at + stride * p->height;

	for (unsigned int y = 0; y < p->height; y++)
		fwrite(at + y * stride, 1, p->width, f);
	for (unsigned int c = 0; c < 2; c++)
		for (unsigned int y = 0; y < p->height / 2; y++)
			for (unsigned int x = 0; x < p->width / 2; x++)
				fputc(fourcc == NV12
					      ? chroma[y * stride + x * 2 + c]
					      : chroma[(c * p->height / 2 + y) *
							       (stride / 2) +
						       x],
				      f);
}

static void encode_to_file(const char *name, uint32_t fourcc,
			   unsigned int width, unsigned int height)
{
	struct v4l2_pix_format_mplane p = { 0 };
	static unsigned char picture[1 << 20];
	FILE *raw, *coded;
	char text[64];
	struct m2m m;

	snprintf(text, sizeof(text), "%s.yuv", name);
	raw = file(text);
	snprintf(text, sizeof(text), "%s.h264", name);
	coded = file(text);
	m2m_open(&m, encoder);
	m2m_set_format(&m, OUTPUT, fourcc, width, height, &p);
	m2m_request(&m, OUTPUT, V4L2_MEMORY_MMAP, 1);
	m2m_request(&m, CAPTURE, V4L2_MEMORY_MMAP, 1);
	m2m_set(&m, V4L2_CID_MPEG_VIDEO_H264_I_PERIOD, 10);
	m2m_queue_cap(&m, 0);
	m2m_on(&m, OUTPUT);
	m2m_on(&m, CAPTURE);
	for (unsigned int n = 0; n < 24; n++) {
		struct m2m_got got;

		draw(picture, m.out.size[0], n);
		memcpy(m.out.at[0], picture, m.out.size[0]);
		keep(raw, picture, fourcc, &p);
		m2m_queue_out(&m, 0, 0, n * 1000, -1, 0);
		if (!expect(m2m_next(&m, &got) == 0, "a picture"))
			break;
		expect(!(got.flags & V4L2_BUF_FLAG_ERROR), "and no error");
		expect(fwrite(m.cap.at[0], 1, got.used, coded) == got.used,
		       "file");
		m2m_queue_cap(&m, 0);
		expect(came_back(&m, 1), "OUTPUT comes back");
	}
	m2m_close(&m);
	expect(fclose(raw) == 0 && fclose(coded) == 0, "files");
}

void pictures_for_the_host(void)
{
	encode_to_file("yu12-640x360", YU12, 640, 360);
	encode_to_file("nv12-328x182", NV12, 328, 182);
}
