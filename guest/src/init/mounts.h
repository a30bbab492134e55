// What a phone's file system must have before anything else runs. The host's runtime has made most of it; what is there
// stays as it is, what is missing is made, and what cannot be made is said and done without (redroid's manner).
#pragma once

// /proc, /sys, /dev and its nodes, /dev/pts, /dev/socket, /mnt, /tmp.
void mounts_early(void);

// Own binderfs at /dev/binderfs if the kernel has one and none is there, its devices binder, hwbinder, vndbinder
// (0666), and /dev/<name> links to them. Returns how many of the three can be used.
int mounts_binder(void);
