// SPDX-License-Identifier: Apache-2.0
// ancloud-hostcap: kernel calls for which a service written in TypeScript would have to be a C program.
// README.md is the contract with container-svc.
#ifndef ANCLOUD_HOSTCAP_H
#define ANCLOUD_HOSTCAP_H

#include <stdbool.h>
#include <stddef.h>

// Exit status of every verb.
enum answer {
	ANSWER_YES = 0,     // done, or yes
	ANSWER_ERROR = 1,   // the kernel refused: a sentence on stderr
	ANSWER_USAGE = 2,   // called wrongly
	ANSWER_NO = 3,      // asked properly, and the answer is no
	ANSWER_UNKNOWN = 4, // asked properly, but it cannot be found out here
};

// Prints "ancloud-hostcap: <what>: <strerror(errno)>"; returns ANSWER_ERROR.
int refused(const char *format, ...) __attribute__((format(printf, 1, 2)));
// Prints "ancloud-hostcap: <sentence>"; returns ANSWER_USAGE.
int misused(const char *format, ...) __attribute__((format(printf, 1, 2)));
// A decimal number without sign, from least to most; false when it is anything else.
bool number(const char *text, unsigned long least, unsigned long most, unsigned long *value);

// The verbs. argv[0] is the first argument after the verb; argc counts from there.
int idmap_mount(int argc, char **argv);
int idmap_probe(int argc, char **argv);
int binder_probe(int argc, char **argv);
int binderfs_add(int argc, char **argv);
int squashfs_mount(int argc, char **argv);
int veth_plug(int argc, char **argv);
int veth_remove(int argc, char **argv);
int view_set(int argc, char **argv);
int pad_run(int argc, char **argv);
int vsock_probe(int argc, char **argv);
int elf_scan(int argc, char **argv);
int fsync_dir(int argc, char **argv);

#endif
