// An adbd for the fleet, as in AOSP's adb/protocol.txt, without authentication; shell protocol v2; sync protocol v1, of which SEND is
// taken.
#pragma once
#include <stdbool.h>

struct adb;

// One connection. `fd` stays whose it is. NULL without memory.
struct adb *adb_new(int fd, unsigned phone);
// Takes what can be read. False when the connection is at its end.
bool adb_read(struct adb *adb);
void adb_free(struct adb *adb);
