// What is said on /dev/socket/property_service (AOSP bionic libc/include/sys/_system_properties.h,
// system_property_set.cpp; platform_system_core init/property_service.cpp). Host byte order, which is little endian.
//
//   SETPROP   u32 1, char name[32], char value[92]; no answer, init closes the connection when it is done
//   SETPROP2  u32 0x00020001, u32 length, name, u32 length, value; answer: one u32 of the results below
#pragma once

#define PROP_SOCKET "/dev/socket/property_service"
#define PROP_DIR "/dev/__properties__"

enum {
    PROP_NAME_MAX_OLD = 32,
    PROP_MSG_SETPROP = 1,
    PROP_MSG_SETPROP2 = 0x00020001,
    PROP_TEXT_MAX = 0xffff, // longest name or value that init reads at all
};

enum prop_result {
    PROP_SUCCESS = 0,
    PROP_ERROR_READ_CMD = 0x0004,
    PROP_ERROR_READ_DATA = 0x0008,
    PROP_ERROR_READ_ONLY = 0x000b,
    PROP_ERROR_INVALID_NAME = 0x0010,
    PROP_ERROR_INVALID_VALUE = 0x0014,
    PROP_ERROR_PERMISSION_DENIED = 0x0018,
    PROP_ERROR_INVALID_CMD = 0x001b,
    PROP_ERROR_HANDLE_CONTROL = 0x0020,
    PROP_ERROR_SET_FAILED = 0x0024,
};
