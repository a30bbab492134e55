// SPDX-License-Identifier: Apache-2.0
// What the two files of the tests' helper share.
#ifndef ANCLOUD_SHIM_TEST_HELPER_H
#define ANCLOUD_SHIM_TEST_HELPER_H

#include <stdint.h>

_Noreturn void die(const char *what);
int64_t now_us(void);

// A call of door.c; its exit status, -1 when there is none of that name.
int door_verb(const char *verb, int count, char **rest);

#endif
