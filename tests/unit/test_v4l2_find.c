/* SPDX-License-Identifier: MIT */
#include "device/v4l2/v4l2_find.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <linux/videodev2.h>

#include "tests/unit/check_main.h"

#define CAPTURE (V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING)
#define M2M	(V4L2_CAP_VIDEO_M2M_MPLANE | V4L2_CAP_STREAMING)

#define YU12 V4L2_PIX_FMT_YUV420
#define NV12 V4L2_PIX_FMT_NV12
#define YUYV V4L2_PIX_FMT_YUYV
#define MJPG V4L2_PIX_FMT_MJPEG
#define H264 V4L2_PIX_FMT_H264
#define BG10 V4L2_PIX_FMT_SBGGR10

/* A Raspberry Pi with a USB camera and a sensor on the ribbon. */
static const struct v4l2_node pi[] = {
	{ .path = "/dev/video0",
	  .driver = "unicam",
	  .card = "unicam",
	  .bus = "platform:fe801000.csi",
	  .caps = CAPTURE,
	  .capture = { { BG10 }, 1 } },
	{ .path = "/dev/video1",
	  .driver = "uvcvideo",
	  .card = "HD Pro Webcam C920",
	  .bus = "usb-0000:01:00.0-1.3",
	  .caps = CAPTURE,
	  .capture = { { YUYV, MJPG }, 2 } },
	{ .path = "/dev/video2", /* its metadata */
	  .driver = "uvcvideo",
	  .card = "HD Pro Webcam C920",
	  .bus = "usb-0000:01:00.0-1.3",
	  .caps = V4L2_CAP_META_CAPTURE | V4L2_CAP_STREAMING },
	{ .path = "/dev/video10",
	  .driver = "bcm2835-codec",
	  .card = "bcm2835-codec-decode",
	  .caps = M2M,
	  .capture = { { YU12, NV12 }, 2 },
	  .output = { { H264, MJPG }, 2 } },
	{ .path = "/dev/video11",
	  .driver = "bcm2835-codec",
	  .card = "bcm2835-codec-encode",
	  .caps = M2M,
	  .capture = { { H264, MJPG }, 2 },
	  .output = { { YU12, NV12, YUYV }, 3 } },
	{ .path = "/dev/video12",
	  .driver = "bcm2835-codec",
	  .card = "bcm2835-codec-isp",
	  .caps = M2M,
	  .resizes = true,
	  .capture = { { YU12, NV12 }, 2 },
	  .output = { { YU12, NV12, BG10 }, 3 } },
	{ .path = "/dev/video14",
	  .driver = "bcm2835-isp",
	  .card = "bcm2835-isp",
	  .caps = CAPTURE,
	  .capture = { { YU12, NV12 }, 2 } },
	{ .path = "/dev/video18",
	  .driver = "bcm2835-codec",
	  .card = "bcm2835-codec-image_fx",
	  .caps = M2M,
	  .capture = { { YU12 }, 1 },
	  .output = { { YU12 }, 1 } },
	{ .path = "/dev/video31",
	  .driver = "bcm2835-codec",
	  .card = "bcm2835-codec-encode_image",
	  .caps = M2M,
	  .capture = { { MJPG }, 1 },
	  .output = { { YU12 }, 1 } },
};

#define NODES ((int)(sizeof(pi) / sizeof(*pi)))

static const char *find(enum v4l2_role role, const char *wish, const char *id)
{
	int i = v4l2_choose(pi, NODES, role, wish, id);

	return i < 0 ? "none" : pi[i].path;
}

START_TEST(only_a_number_behind_video_is_a_node)
{
	ck_assert_int_eq(v4l2_node_number("video0"), 0);
	ck_assert_int_eq(v4l2_node_number("video63"), 63);
	ck_assert_int_eq(v4l2_node_number("video9999"), 9999);
	ck_assert_int_eq(v4l2_node_number("video10000"), -1);
	ck_assert_int_eq(v4l2_node_number("video"), -1);
	ck_assert_int_eq(v4l2_node_number("video-1"), -1);
	ck_assert_int_eq(v4l2_node_number("video1a"), -1);
	ck_assert_int_eq(v4l2_node_number("radio0"), -1);
	ck_assert_int_eq(v4l2_node_number("v4l-subdev0"), -1);
}
END_TEST

START_TEST(of_a_pi_s_nodes_each_role_has_one)
{
	ck_assert_str_eq(find(V4L2_CAMERA, NULL, NULL), "/dev/video1");
	ck_assert_str_eq(find(V4L2_ENCODER, "", ""), "/dev/video11");
	ck_assert_str_eq(find(V4L2_SCALER, NULL, NULL), "/dev/video12");
	for (int role = V4L2_CAMERA; role <= V4L2_SCALER; role++) {
		int n = 0;

		for (int i = 0; i < NODES; i++)
			n += v4l2_has_role(&pi[i], role);
		ck_assert_int_eq(n, 1);
	}
}
END_TEST

START_TEST(of_two_that_scale_the_one_with_more_formats_is_the_isp)
{
	struct v4l2_node nodes[2] = { pi[7], pi[5] };

	nodes[0].resizes = true;
	ck_assert(v4l2_has_role(&nodes[0], V4L2_SCALER));
	ck_assert_int_eq(v4l2_choose(nodes, 2, V4L2_SCALER, NULL, NULL), 1);
	/* of encoders just the first */
	nodes[0] = nodes[1] = pi[4];
	nodes[0].output.count = 1;
	ck_assert_int_eq(v4l2_choose(nodes, 2, V4L2_ENCODER, NULL, NULL), 0);
}
END_TEST

START_TEST(a_wish_is_a_path_or_a_part_of_the_name)
{
	ck_assert_str_eq(find(V4L2_CAMERA, "/dev/video1", NULL), "/dev/video1");
	ck_assert_str_eq(find(V4L2_CAMERA, "/dev/video2", NULL), "none");
	ck_assert_str_eq(find(V4L2_CAMERA, "/dev/video", NULL), "none");
	ck_assert_str_eq(find(V4L2_CAMERA, "webcam c9", NULL), "/dev/video1");
	ck_assert_str_eq(find(V4L2_CAMERA, "c930", NULL), "none");
	ck_assert_str_eq(find(V4L2_ENCODER, "/dev/video10", NULL), "none");
}
END_TEST

START_TEST(what_cannot_be_asked_or_cannot_stream_has_no_role)
{
	struct v4l2_node node = pi[1];

	node.error = -EBUSY;
	ck_assert(!v4l2_has_role(&node, V4L2_CAMERA));
	node = pi[1];
	node.caps &= ~(uint32_t)V4L2_CAP_STREAMING;
	ck_assert(!v4l2_has_role(&node, V4L2_CAMERA));
	node = pi[1];
	node.caps |= V4L2_CAP_IO_MC; /* one piece of a pipeline */
	ck_assert(!v4l2_has_role(&node, V4L2_CAMERA));
}
END_TEST

START_TEST(each_piece_of_libcamera_s_is_no_camera)
{
	struct v4l2_node node = pi[6];

	ck_assert(!v4l2_has_role(&node, V4L2_CAMERA));
	snprintf(node.driver, sizeof(node.driver), "pispbe");
	ck_assert(!v4l2_has_role(&node, V4L2_CAMERA));
	snprintf(node.driver, sizeof(node.driver), "another");
	ck_assert(v4l2_has_role(&node, V4L2_CAMERA));
}
END_TEST

START_TEST(formats_are_found_wherever_they_stand)
{
	ck_assert(v4l2_has_format(&pi[4].output, YU12));
	ck_assert(v4l2_has_format(&pi[4].output, YUYV));
	ck_assert(!v4l2_has_format(&pi[4].output, MJPG));
	ck_assert(!v4l2_has_format(&pi[2].output, 0));
}
END_TEST

START_TEST(a_bridge_on_the_ribbon_is_a_camera)
{
	struct v4l2_node node = pi[0];

	node.capture.fourcc[0] = YUYV;
	ck_assert(v4l2_has_role(&node, V4L2_CAMERA));
}
END_TEST

START_TEST(an_old_driver_says_memory_to_memory_with_both_sides)
{
	struct v4l2_node node = pi[4];

	node.caps = V4L2_CAP_VIDEO_CAPTURE_MPLANE |
		    V4L2_CAP_VIDEO_OUTPUT_MPLANE | V4L2_CAP_STREAMING;
	ck_assert(v4l2_has_role(&node, V4L2_ENCODER));
	ck_assert(!v4l2_has_role(&node, V4L2_CAMERA));
	node.caps = V4L2_CAP_VIDEO_CAPTURE_MPLANE | V4L2_CAP_STREAMING;
	ck_assert(!v4l2_has_role(&node, V4L2_ENCODER));
}
END_TEST

START_TEST(types_are_multi_planar_where_the_node_is)
{
	ck_assert_uint_eq(v4l2_capture_type(&pi[1]),
			  V4L2_BUF_TYPE_VIDEO_CAPTURE);
	ck_assert_uint_eq(v4l2_capture_type(&pi[4]),
			  V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE);
	ck_assert_uint_eq(v4l2_output_type(&pi[4]),
			  V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE);
}
END_TEST

/* --- found again --------------------------------------------------------- */

static struct v4l2_node two[2];
static char id[V4L2_ID_SIZE];

/* Two cameras of one model; the first is the one that we had. */
static void plug_two(void)
{
	two[0] = two[1] = pi[1];
	snprintf(two[1].path, sizeof(two[1].path), "/dev/video5");
	snprintf(two[1].bus, sizeof(two[1].bus), "usb-0000:01:00.0-1.4");
	v4l2_node_id(id, &two[0]);
}

START_TEST(a_camera_is_found_again_under_another_number)
{
	plug_two();
	snprintf(two[0].path, sizeof(two[0].path), "/dev/video7");
	ck_assert_int_eq(v4l2_choose(two, 2, V4L2_CAMERA, NULL, id), 0);
	ck_assert_int_eq(v4l2_choose(two, 2, V4L2_CAMERA, "/dev/video5", id),
			 0);
	v4l2_node_id(id, &two[1]);
	ck_assert_int_eq(v4l2_choose(two, 2, V4L2_CAMERA, NULL, id), 1);
}
END_TEST

START_TEST(in_another_socket_it_is_known_by_its_model)
{
	plug_two();
	ck_assert_int_eq(v4l2_choose(&two[1], 1, V4L2_CAMERA, NULL, id), 0);
}
END_TEST

START_TEST(another_camera_does_not_take_its_place)
{
	plug_two();
	snprintf(two[1].card, sizeof(two[1].card), "Another");
	ck_assert_int_eq(v4l2_choose(&two[1], 1, V4L2_CAMERA, NULL, id), -1);
	ck_assert_int_eq(v4l2_choose(&two[1], 1, V4L2_CAMERA, "HD Pro", id),
			 -1);
	/* nor one whose name only begins the same */
	snprintf(two[1].card, sizeof(two[1].card), "%se", pi[1].card);
	ck_assert_int_eq(v4l2_choose(&two[1], 1, V4L2_CAMERA, NULL, id), -1);
	/* but where the owner named the place, what is there is meant */
	ck_assert_int_eq(
		v4l2_choose(&two[1], 1, V4L2_CAMERA, "/dev/video5", id), 0);
}
END_TEST

CHECK_MAIN(v4l2_find, NULL, NULL, only_a_number_behind_video_is_a_node,
	   of_a_pi_s_nodes_each_role_has_one,
	   of_two_that_scale_the_one_with_more_formats_is_the_isp,
	   a_wish_is_a_path_or_a_part_of_the_name,
	   what_cannot_be_asked_or_cannot_stream_has_no_role,
	   each_piece_of_libcamera_s_is_no_camera,
	   formats_are_found_wherever_they_stand,
	   a_bridge_on_the_ribbon_is_a_camera,
	   an_old_driver_says_memory_to_memory_with_both_sides,
	   types_are_multi_planar_where_the_node_is,
	   a_camera_is_found_again_under_another_number,
	   in_another_socket_it_is_known_by_its_model,
	   another_camera_does_not_take_its_place)
