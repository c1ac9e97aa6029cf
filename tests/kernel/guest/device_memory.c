/* SPDX-License-Identifier: MIT */
/* Tests of shared memory, and hardware that hangs. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "device_test.h"

/* --- shared memory ----------------------------------------------------- */

void imports_are_counted(void)
{
	unsigned int before;
	struct m2m_got got;
	struct m2m isp, m;
	int fd[2];

	m2m_open(&isp, scaler);
	m2m_set_format(&isp, CAPTURE, YU12, 64, 48, NULL);
	expect_error(0, m2m_request(&isp, CAPTURE, V4L2_MEMORY_MMAP, 2),
		     "REQBUFS of the scaler");
	expect_error(0, m2m_export(&isp, CAPTURE, 0, &fd[0]), "EXPBUF");
	expect_error(0, m2m_export(&isp, CAPTURE, 1, &fd[1]), "EXPBUF");

	m2m_open(&m, encoder);
	m2m_set_format(&m, OUTPUT, YU12, 64, 48, NULL);
	expect_error(0, m2m_request(&m, OUTPUT, V4L2_MEMORY_DMABUF, 2),
		     "REQBUFS DMABUF");
	m2m_request(&m, CAPTURE, V4L2_MEMORY_MMAP, 2);
	m2m_queue_cap(&m, 0);
	m2m_queue_cap(&m, 1);
	m2m_on(&m, OUTPUT);
	m2m_on(&m, CAPTURE);
	before = counter("attached");
	for (unsigned int i = 0; i < 8; i++) {
		expect_error(0,
			     m2m_queue_out(&m, i % 2, 0, i * 1000, fd[i % 2],
					   isp.cap.size[0]),
			     "QBUF DMABUF");
		expect_units(&m, i ? "1" : "785", i * 1000);
		m2m_take(&m, OUTPUT, V4L2_MEMORY_DMABUF, &got);
	}
	expect(counter("attached") - before == 2, "attached once per index");
	m2m_queue_out(&m, 0, 0, 9000, fd[1], isp.cap.size[0]);
	expect(counter("attached") - before == 3, "again at another index");
	expect_error(EINVAL, m2m_queue_out(&m, 1, 64 * 48, 0, fd[0], 64 * 48),
		     "a buffer too short");
	m2m_close(&m);
	m2m_close(&isp);
	close(fd[0]);
	close(fd[1]);
}

/* Memory that is not in one piece, as UVC cameras have it. */
void vmalloc_memory_is_refused(void)
{
	struct v4l2_format f = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE };
	struct v4l2_requestbuffers r = { .type = f.type,
					 .count = 2,
					 .memory = V4L2_MEMORY_MMAP };
	struct v4l2_exportbuffer e = { .type = f.type, .flags = O_RDWR };
	int fd = open(camera, O_RDWR | O_NONBLOCK);
	struct m2m m;

	f.fmt.pix.width = 640;
	f.fmt.pix.height = 360;
	f.fmt.pix.pixelformat = YU12;
	expect_error(0, m2m_ioctl(fd, VIDIOC_S_FMT, &f), "S_FMT");
	expect_error(0, m2m_ioctl(fd, VIDIOC_REQBUFS, &r), "REQBUFS");
	expect_error(0, m2m_ioctl(fd, VIDIOC_EXPBUF, &e), "EXPBUF");
	m2m_open(&m, encoder);
	m2m_set_format(&m, OUTPUT, YU12, 640, 360, NULL);
	m2m_request(&m, OUTPUT, V4L2_MEMORY_DMABUF, 2);
	expect_error(EFAULT,
		     m2m_queue_out(&m, 0, 0, 0, e.fd, f.fmt.pix.sizeimage),
		     "QBUF");
	m2m_close(&m);
	close(e.fd);
	close(fd);
}

/* --- the firmware hangs ------------------------------------------------ */

static char state_of(pid_t pid)
{
	char path[64], state = '?';
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "r");
	expect(f && fscanf(f, "%*d %*s %c", &state) == 1, path);
	if (f)
		fclose(f);
	return state;
}

static pid_t start_asking(void)
{
	struct v4l2_capability cap;
	pid_t pid;
	struct m2m m;

	m2m_open(&m, encoder);
	parameter("hang", 1);
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(m2m_ioctl(m.fd, VIDIOC_QUERYCAP, &cap));
	m2m_close(&m);
	return pid;
}

void hang_can_not_be_killed(void)
{
	struct timespec wait = { 0, 100000000 };
	int status;
	pid_t pid = start_asking();

	nanosleep(&wait, NULL);
	expect(state_of(pid) == 'D', "it sleeps in state D");
	kill(pid, SIGKILL);
	nanosleep(&wait, NULL);
	expect(waitpid(pid, &status, WNOHANG) == 0, "SIGKILL does not end it");
	parameter("hang", 0);
	expect(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status),
	       "it ends when the hang does");
}
