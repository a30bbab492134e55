// The property store: init is the only writer of the area files. No rules about who may set what here, only what a
// property is (names, ro.*, lengths); the rules about callers are in propservice.c.
#pragma once

#include "prop/wire.h"

// Makes PROP_DIR (0711) and all area files, empty. 0, or -1 with errno.
int store_create(const char *dir);

// Sets and tells everybody: futex on properties_serial, then the hook.
enum prop_result store_set(const char *name, const char *value);

// As store_set, but a ro.* that already has a value keeps it silently: the first to name it wins.
void store_default(const char *name, const char *value);

// Called after each change. One hook; it must not call store_set for the same name without end.
void store_on_change(void (*hook)(const char *name, const char *value));

// Reads lines of name=value, # comments (AOSP property_service.cpp LoadProperties); a missing file is no error.
void store_load_file(const char *path);

// Whether the name is one Android takes: letters, digits and . _ - @ :, no empty dotted parts.
int store_legal_name(const char *name);
