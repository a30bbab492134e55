// init's own log: /dev/kmsg in the form that Android's init uses, "<6>init: text".
//
// /dev/kmsg is the kernel's device, or a FIFO that somebody outside drains (phone-shim). Lines are written whole and
// never wait: pid 1 must not hang because a reader does. What a full pipe refuses is dropped and the number of dropped
// lines is said with the next one. Without any /dev/kmsg the lines go to the stderr init was started with.
// A copy goes to logd's kernel buffer when that runs, so `logcat -b kernel` shows it.
#pragma once

enum { KLOG_FATAL = 2, KLOG_ERROR = 3, KLOG_WARN = 4, KLOG_INFO = 6 };

// Call once, before stdio is replaced: keeps a copy of stderr.
void klog_init(void);
void klog(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));
// File descriptor of the log for a service with stdio_to_kmsg, or -1. Owned by klog.
int klog_fd(void);

#define LOGI(...) klog(KLOG_INFO, __VA_ARGS__)
#define LOGW(...) klog(KLOG_WARN, __VA_ARGS__)
#define LOGE(...) klog(KLOG_ERROR, __VA_ARGS__)
