// ${name} and ${name:-default} in words of .rc files and build.prop.
#pragma once

#include <stddef.h>

// 0, or -1: a property without value and default, or the result does not fit into to[size].
int expand(const char *from, char *to, size_t size);
