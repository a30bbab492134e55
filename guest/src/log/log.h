// Logging of the guest's programs, in the manner and on the wire of Android's liblog.
//
// log_write() sends one datagram to logd (/dev/socket/logdw) and never waits; without logd the line is lost, as on
// Android. Datagram (liblog logger.h): u8 buffer id, u16 tid, u32 seconds, u32 nanoseconds (CLOCK_REALTIME), then u8
// priority, tag, NUL, text, NUL. Reading (logd, /dev/socket/logdr, SOCK_SEQPACKET): the client says one line, gets
// struct log_entry packets: see logd.c.
#pragma once

#include <stdint.h>

enum log_priority { LOG_VERBOSE = 2, LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_FATAL, LOG_SILENT };
enum log_id { LOG_ID_MAIN = 0, LOG_ID_RADIO, LOG_ID_EVENTS, LOG_ID_SYSTEM, LOG_ID_CRASH, LOG_ID_STATS, LOG_ID_SECURITY, LOG_ID_KERNEL, LOG_ID_COUNT };

enum { LOG_TEXT_MAX = 4000 }; // longest priority + tag + text of one entry (liblog LOGGER_ENTRY_MAX_PAYLOAD: 4068)

void log_write(enum log_id id, enum log_priority priority, const char *tag, const char *text);
void log_print(enum log_priority priority, const char *tag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Head of a datagram to logd.
struct log_datagram {
    uint8_t id;
    uint16_t tid;
    uint32_t sec, nsec;
} __attribute__((packed));

// Head of a packet from logd: logger_entry, version 4. `len` bytes follow after hdr_size.
struct log_entry {
    uint16_t len, hdr_size;
    int32_t pid;
    uint32_t tid, sec, nsec, lid, uid;
};
