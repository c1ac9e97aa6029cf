// SPDX-License-Identifier: GPL-2.0-only
/* The device, its two nodes, and the switches that a test can turn. */
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/wait.h>

#include "picodec.h"

#define DRIVER "bcm2835-codec"

struct picodec_options picodec_options = { .allocator = 1 };
struct picodec_counters picodec_counters;

#define OPTION(name, kind, text) \
	module_param_named(name, picodec_options.name, kind, 0644); \
	MODULE_PARM_DESC(name, text)
#define COUNTER(name, text) \
	module_param_named(name, picodec_counters.name, uint, 0444); \
	MODULE_PARM_DESC(name, text)

OPTION(conform, bool, "do as the documentation says where a Pi does not");
OPTION(allocator, uint, "memory of buffers: 0 vmalloc, 1 contiguous");
OPTION(delay_ms, uint, "how long each picture takes");
OPTION(skip_every, uint, "each n-th picture gives no CAPTURE buffer");
OPTION(header_only_every, uint,
       "each n-th key frame is SPS and PPS only, and comes one later");
OPTION(stall_after, uint, "after n pictures no buffer comes back");
OPTION(slow_stop_ms, uint, "how long STREAMOFF takes");
OPTION(garbage_first, bool, "the first buffer is garbage of time 0");

COUNTER(pictures, "OUTPUT buffers worked on");
COUNTER(dmabuf, "of these, imported ones");
COUNTER(attached, "how often a DMABUF was attached");
COUNTER(skipped, "pictures that gave no CAPTURE buffer");

static int encode_nr = 11;
module_param(encode_nr, int, 0444);
MODULE_PARM_DESC(encode_nr, "wish for N of the encoder's /dev/videoN");
static int isp_nr = 12;
module_param(isp_nr, int, 0444);
MODULE_PARM_DESC(isp_nr, "wish for N of the scaler's /dev/videoN");

/* --- hanging as the firmware does ---------------------------------------- */

static bool hang;
static DECLARE_WAIT_QUEUE_HEAD(hang_over);

static int set_hang(const char *value, const struct kernel_param *param)
{
	int err = param_set_bool(value, param);

	wake_up_all(&hang_over);
	return err;
}

static const struct kernel_param_ops hang_ops = {
	.set = set_hang,
	.get = param_get_bool,
};
module_param_cb(hang, &hang_ops, &hang, 0644);
MODULE_PARM_DESC(hang, "ioctl and poll sleep in state D, and nobody gets by");

void picodec_hang(struct picodec_node *n)
{
	if (likely(!READ_ONCE(hang)))
		return;
	mutex_lock(&n->lock);
	wait_event(hang_over, !READ_ONCE(hang));
	mutex_unlock(&n->lock);
}

/* --- nodes --------------------------------------------------------------- */

static struct platform_device *device;
static struct v4l2_device v4l2;
static struct picodec_node nodes[PICODEC_ROLES];

static int node_open(struct picodec_node *n, enum picodec_role role, int nr)
{
	struct video_device *v = &n->vdev;
	int err;

	n->role = role;
	n->dma = &device->dev;
	mutex_init(&n->lock);
	n->work = alloc_ordered_workqueue("picodec", WQ_FREEZABLE);
	if (!n->work)
		return -ENOMEM;
	n->m2m = v4l2_m2m_init(&picodec_m2m_ops);
	if (IS_ERR(n->m2m)) {
		err = PTR_ERR(n->m2m);
		n->m2m = NULL;
		return err;
	}
	v->v4l2_dev = &v4l2;
	v->fops = &picodec_file_ops;
	v->ioctl_ops = &picodec_ioctl_ops;
	v->release = video_device_release_empty;
	v->lock = &n->lock;
	v->vfl_dir = VFL_DIR_M2M;
	v->device_caps = V4L2_CAP_VIDEO_M2M_MPLANE | V4L2_CAP_STREAMING;
	strscpy(v->name, role == PICODEC_ENCODE ? DRIVER "-encode" :
						  DRIVER "-isp",
		sizeof(v->name));
	if (role == PICODEC_ISP) {
		v4l2_disable_ioctl(v, VIDIOC_S_PARM);
		v4l2_disable_ioctl(v, VIDIOC_G_PARM);
		v4l2_disable_ioctl(v, VIDIOC_ENCODER_CMD);
		v4l2_disable_ioctl(v, VIDIOC_TRY_ENCODER_CMD);
	}
	video_set_drvdata(v, n);
	return video_register_device(v, VFL_TYPE_VIDEO, nr);
}

static void node_close(struct picodec_node *n)
{
	if (video_is_registered(&n->vdev))
		video_unregister_device(&n->vdev);
	if (n->m2m)
		v4l2_m2m_release(n->m2m);
	if (n->work)
		destroy_workqueue(n->work);
}

static void device_close(void)
{
	for (int i = 0; i < PICODEC_ROLES; i++)
		node_close(&nodes[i]);
	v4l2_device_unregister(&v4l2);
	platform_device_unregister(device);
}

static int __init picodec_init(void)
{
	int err;

	picodec_queue_prepare();
	device = platform_device_register_simple(DRIVER, PLATFORM_DEVID_NONE,
						 NULL, 0);
	if (IS_ERR(device))
		return PTR_ERR(device);
	strscpy(v4l2.name, DRIVER, sizeof(v4l2.name));
	err = dma_coerce_mask_and_coherent(&device->dev, DMA_BIT_MASK(32));
	if (!err)
		err = v4l2_device_register(&device->dev, &v4l2);
	if (err) {
		platform_device_unregister(device);
		return err;
	}
	err = node_open(&nodes[PICODEC_ENCODE], PICODEC_ENCODE, encode_nr);
	if (!err)
		err = node_open(&nodes[PICODEC_ISP], PICODEC_ISP, isp_nr);
	if (err)
		device_close();
	return err;
}
module_init(picodec_init);
module_exit(device_close);

MODULE_DESCRIPTION("Test device with the manners of bcm2835-codec");
MODULE_AUTHOR("The Oriel authors");
MODULE_LICENSE("GPL");
