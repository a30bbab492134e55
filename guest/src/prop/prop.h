// Properties of the guest: what bionic's __system_property_* are to an Android program.
//
// Reading never asks anybody: the area files in /dev/__properties__ are mapped read-only and read without a lock.
// Writing goes through init, the only writer, over /dev/socket/property_service.
// All functions may be called from several threads.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Longest value that may change, with its NUL (bionic sys/system_properties.h). Only ro.* values may be longer.
#define PROP_VALUE_MAX 92

// Copies the value into value[n], cut to n - 1 bytes, always with a NUL.
// Returns the whole length of the property's value (so >= n means "was cut"), or -1 when there is no such property.
int prop_get(const char *name, char *value, size_t n);

// Sets a property by PROP_MSG_SETPROP2. Returns 0, or -1 with errno:
// EPERM refused (ro.* that has a value, or not for this uid), EINVAL bad name or value,
// ESRCH no such service (ctl.*), EIO init said something else, or what connect(2) and write(2) say.
int prop_set(const char *name, const char *value);

// The value as a decimal or 0x-hexadecimal number; fallback when absent, empty, not wholly a number or out of range.
int prop_get_int(const char *name, int fallback);

// Number that grows with every change of any property (header serial of properties_serial). 0 when init has no area yet.
uint32_t prop_serial(void);

// Sleeps until prop_serial() differs from old_serial. timeout_ms < 0 waits for ever.
// Returns 1 when it differs, 0 after the time (also when there is no area).
int prop_wait(uint32_t old_serial, int timeout_ms);

// Calls each for every property, in no order, until it returns non-zero; returns that value or 0.
// name and value are valid during the call only.
int prop_foreach(int (*each)(const char *name, const char *value, void *cookie), void *cookie);

// Moves this process's view to another directory and socket (tests). Paths must outlive the process. Not thread-safe.
void prop_use(const char *area_dir, const char *socket_path);
