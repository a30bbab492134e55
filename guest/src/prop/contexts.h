// Which area file holds a property: Android's property_contexts, cut down to a table of prefixes.
// The serialised form (property_info) is left out: readers on the host look through all files anyway.
#pragma once

// File name in /dev/__properties__ that is the change counter and holds no properties.
#define CONTEXT_SERIAL "properties_serial"

enum { CONTEXT_COUNT = 15 };

// SELinux context, which is also the file's name; index 0 .. CONTEXT_COUNT - 1.
const char *context_file(int index);

// Index of the file that holds this property: the longest prefix wins.
int context_of(const char *name);
