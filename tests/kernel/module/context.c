// SPDX-License-Identifier: GPL-2.0-only
/* What exists once for each open file. */
#include <linux/module.h>
#include <linux/slab.h>
#include <media/v4l2-event.h>
#include <media/v4l2-ioctl.h>

#include "picodec.h"

static void context_free(struct picodec_ctx *c)
{
	if (c->fh.m2m_ctx)
		v4l2_m2m_ctx_release(c->fh.m2m_ctx);
	cancel_delayed_work_sync(&c->job);
	v4l2_ctrl_handler_free(&c->ctrls);
	v4l2_fh_exit(&c->fh);
	kvfree(c->stream.reference);
	kfree(c);
}

static int context_new(struct picodec_ctx **out, struct picodec_node *n)
{
	struct picodec_ctx *c = kzalloc(sizeof(*c), GFP_KERNEL);
	int err;

	if (!c)
		return -ENOMEM;
	c->node = n;
	c->conform = picodec_options.conform;
	spin_lock_init(&c->lock);
	INIT_DELAYED_WORK(&c->job, picodec_job);
	picodec_format_default(c);
	v4l2_fh_init(&c->fh, &n->vdev);
	err = picodec_controls(c);
	if (err)
		goto fail;
	c->fh.m2m_ctx = v4l2_m2m_ctx_init(n->m2m, c, picodec_queue_init);
	if (IS_ERR(c->fh.m2m_ctx)) {
		err = PTR_ERR(c->fh.m2m_ctx);
		c->fh.m2m_ctx = NULL;
		goto fail;
	}
	/* The end of the stream needs no OUTPUT buffer. */
	v4l2_m2m_set_src_buffered(c->fh.m2m_ctx, true);
	*out = c;
	return 0;

fail:
	context_free(c);
	return err;
}

static int picodec_open(struct file *file)
{
	struct picodec_node *n = video_drvdata(file);
	struct picodec_ctx *c;
	int err;

	if (mutex_lock_interruptible(&n->lock))
		return -ERESTARTSYS;
	err = context_new(&c, n);
	if (!err) {
		file->private_data = &c->fh;
		v4l2_fh_add(&c->fh);
	}
	mutex_unlock(&n->lock);
	return err;
}

static int picodec_release(struct file *file)
{
	struct picodec_node *n = video_drvdata(file);
	struct picodec_ctx *c = picodec_ctx_of(file);

	mutex_lock(&n->lock);
	v4l2_fh_del(&c->fh);
	context_free(c);
	mutex_unlock(&n->lock);
	return 0;
}

static long picodec_ioctl(struct file *file, unsigned int cmd,
			  unsigned long arg)
{
	picodec_hang(video_drvdata(file));
	return video_ioctl2(file, cmd, arg);
}

static __poll_t picodec_poll(struct file *file, poll_table *wait)
{
	picodec_hang(video_drvdata(file));
	return v4l2_m2m_fop_poll(file, wait);
}

const struct v4l2_file_operations picodec_file_ops = {
	.owner = THIS_MODULE,
	.open = picodec_open,
	.release = picodec_release,
	.unlocked_ioctl = picodec_ioctl,
	.poll = picodec_poll,
	.mmap = v4l2_m2m_fop_mmap,
};
