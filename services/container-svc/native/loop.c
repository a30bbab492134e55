// SPDX-License-Identifier: Apache-2.0
// Loop devices that go when their last user does (loop(4), LO_FLAGS_AUTOCLEAR): what is mounted from one needs no care.
#include "loop.h"
#include "hostcap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

enum { ATTEMPTS = 32 };

int loop_over(int image, char *name, size_t name_size)
{
	const int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);

	if (control < 0)
		return -1;
	// Between asking for a free device and taking it another process may be faster.
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		struct loop_config config = { .fd = (uint32_t)image,
					      .info.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR };
		const int index = ioctl(control, LOOP_CTL_GET_FREE);
		if (index < 0)
			return -1;
		snprintf(name, name_size, "/dev/loop%d", index);
		const int loop = open(name, O_RDONLY | O_CLOEXEC);
		if (loop < 0)
			return -1;
		if (ioctl(loop, LOOP_CONFIGURE, &config) == 0) {
			close(control);
			return loop;
		}
		close(loop);
		if (errno != EBUSY)
			return -1;
	}
	errno = EBUSY;
	return -1;
}

int squashfs_mount(int argc, char **argv)
{
	char device[32];

	(void)argc;
	const int image = open(argv[0], O_RDONLY | O_CLOEXEC);
	if (image < 0)
		return refused("%s", argv[0]);
	const int loop = loop_over(image, device, sizeof device);
	if (loop < 0)
		return refused("a loop device over %s", argv[0]);
	// An image's su must be nothing to a user of the host who finds the mount. Phones see it through their overlay.
	if (mount(device, argv[1], "squashfs", MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) != 0)
		return refused("mounting %s at %s", argv[0], argv[1]);
	return ANSWER_YES;
}
