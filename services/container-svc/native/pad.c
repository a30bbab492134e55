// SPDX-License-Identifier: Apache-2.0
// A gamepad of the kernel's (uinput) that lives as long as its descriptor is open: held by whoever is run with it.
#include "hostcap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/uinput.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	NUMBERS_FD = 4, // the device's numbers are told here
	GO_FD = 5,      // one byte: run the program. Its end without one: nobody is there any more
	PAD_FD = 4,     // where the program finds the pad
};

// What AOSP's Generic.kl knows of a gamepad: BUTTON_A, B, X, Y, L1, R1, L2, R2, SELECT, START, MODE, THUMBL, THUMBR.
static const int buttons[] = {
	BTN_A,  BTN_B,      BTN_X,     BTN_Y,    BTN_TL,     BTN_TR,    BTN_TL2,
	BTN_TR2, BTN_SELECT, BTN_START, BTN_MODE, BTN_THUMBL, BTN_THUMBR,
};

// The same file's axes: left stick, right stick (Z, RZ), triggers (GAS right, BRAKE left), cross. Flat, an eighth of the way, is what
// a resting stick may say; Android hands it on to apps and nobody else cuts it off.
static const struct uinput_abs_setup axes[] = {
	{ .code = ABS_X, .absinfo = { .minimum = -32767, .maximum = 32767, .flat = 4096 } },
	{ .code = ABS_Y, .absinfo = { .minimum = -32767, .maximum = 32767, .flat = 4096 } },
	{ .code = ABS_Z, .absinfo = { .minimum = -32767, .maximum = 32767, .flat = 4096 } },
	{ .code = ABS_RZ, .absinfo = { .minimum = -32767, .maximum = 32767, .flat = 4096 } },
	{ .code = ABS_GAS, .absinfo = { .maximum = 32767 } },
	{ .code = ABS_BRAKE, .absinfo = { .maximum = 32767 } },
	{ .code = ABS_HAT0X, .absinfo = { .minimum = -1, .maximum = 1 } },
	{ .code = ABS_HAT0Y, .absinfo = { .minimum = -1, .maximum = 1 } },
};

static bool describe(int fd, const char *phys)
{
	// Vendor and product 0: Android then goes by Generic.kl, whatever files an image has for real ones.
	struct uinput_setup setup = { .id = { .bustype = BUS_VIRTUAL, .version = 1 }, .name = "ancloud gamepad" };
	bool done = ioctl(fd, UI_SET_EVBIT, EV_KEY) == 0 && ioctl(fd, UI_SET_EVBIT, EV_ABS) == 0;

	for (size_t i = 0; done && i < sizeof buttons / sizeof *buttons; i++)
		done = ioctl(fd, UI_SET_KEYBIT, buttons[i]) == 0;
	for (size_t i = 0; done && i < sizeof axes / sizeof *axes; i++)
		done = ioctl(fd, UI_ABS_SETUP, &axes[i]) == 0;
	return done && ioctl(fd, UI_SET_PHYS, phys) == 0 && ioctl(fd, UI_DEV_SETUP, &setup) == 0 &&
	       ioctl(fd, UI_DEV_CREATE) == 0;
}

// evdev attaches to a device before UI_DEV_CREATE returns. False: it did not.
static bool find_event_node(const char *sysname, unsigned *major, unsigned *minor)
{
	char path[512];
	bool found = false;

	snprintf(path, sizeof path, "/sys/devices/virtual/input/%s", sysname);
	DIR *dir = opendir(path);
	if (dir == NULL)
		return false;
	for (const struct dirent *entry; !found && (entry = readdir(dir)) != NULL;) {
		if (strncmp(entry->d_name, "event", 5) != 0)
			continue;
		snprintf(path, sizeof path, "/sys/devices/virtual/input/%s/%s/dev", sysname, entry->d_name);
		FILE *dev = fopen(path, "re");
		found = dev != NULL && fscanf(dev, "%u:%u", major, minor) == 2;
		if (dev != NULL)
			fclose(dev);
	}
	closedir(dir);
	return found;
}

int pad_run(int argc, char **argv)
{
	char sysname[64] = "", byte;
	unsigned major, minor;

	(void)argc;
	const int fd = open("/dev/uinput", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return refused("/dev/uinput");
	if (!describe(fd, argv[0]))
		return refused("making a gamepad by uinput");
	if (ioctl(fd, UI_GET_SYSNAME(sizeof sysname), sysname) < 0)
		return refused("UI_GET_SYSNAME");
	if (!find_event_node(sysname, &major, &minor)) {
		fputs("ancloud-hostcap: the kernel made no event node for the gamepad: modprobe evdev\n", stderr);
		return ANSWER_ERROR;
	}
	if (dprintf(NUMBERS_FD, "%u %u %s\n", major, minor, sysname) < 0)
		return refused("telling the gamepad's numbers");
	close(NUMBERS_FD);
	const ssize_t n = read(GO_FD, &byte, 1);
	if (n != 1) {
		fputs("ancloud-hostcap: nobody wants the gamepad any more\n", stderr);
		return ANSWER_ERROR;
	}
	close(GO_FD);
	// Without O_CLOEXEC, unlike `fd`.
	if (dup2(fd, PAD_FD) < 0)
		return refused("dup2");
	execvp(argv[1], argv + 1);
	return refused("%s", argv[1]);
}
