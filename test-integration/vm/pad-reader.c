// SPDX-License-Identifier: Apache-2.0
// pad-reader NODE COUNT: says what the gamepad at NODE is, then COUNT events that it reads there, "type code value" a line, as Android's
// EventHub would read them. Says "no: <reason>" when it cannot be opened.
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char name[80] = "", phys[80] = "";
	struct input_absinfo x;
	struct input_event event;

	if (argc != 3)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	const int fd = open(argv[1], O_RDONLY);
	if (fd < 0) {
		printf("no: %s\n", strerror(errno));
		return 0;
	}
	if (ioctl(fd, EVIOCGNAME(sizeof name), name) < 0 || ioctl(fd, EVIOCGPHYS(sizeof phys), phys) < 0 ||
	    ioctl(fd, EVIOCGABS(ABS_X), &x) < 0)
		return 1;
	printf("%s, %s, x %d to %d, flat %d\n", name, phys, x.minimum, x.maximum, x.flat);
	for (int left = atoi(argv[2]); left > 0; left--) {
		if (read(fd, &event, sizeof event) != sizeof event)
			return 1;
		printf("%d %d %d\n", event.type, event.code, event.value);
	}
	return 0;
}
