// SPDX-License-Identifier: Apache-2.0
#ifndef ANCLOUD_LOOP_H
#define ANCLOUD_LOOP_H

#include <stddef.h>

// A read-only loop device over an open file, which goes when its last user does. Returns its descriptor and name, or -1 with errno.
int loop_over(int image, char *name, size_t name_size);

#endif
