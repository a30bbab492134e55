// Log lines of scrcpy's server: "[server] LEVEL: text", VERBOSE..INFO on stdout, WARN and ERROR on stderr, and in logcat as "scrcpy".
#pragma once

#include <stdbool.h>

enum ln_level { LN_VERBOSE, LN_DEBUG, LN_INFO, LN_WARN, LN_ERROR };

void ln_threshold(enum ln_level level);  // INFO until set
bool ln_enabled(enum ln_level level);
void ln(enum ln_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
// An error with its Java exception line below it, as Ln.e(message, throwable) prints.
void ln_exception(const char *message, const char *class_name, const char *detail);

#define LNV(...) ln(LN_VERBOSE, __VA_ARGS__)
#define LND(...) ln(LN_DEBUG, __VA_ARGS__)
#define LNI(...) ln(LN_INFO, __VA_ARGS__)
#define LNW(...) ln(LN_WARN, __VA_ARGS__)
#define LNE(...) ln(LN_ERROR, __VA_ARGS__)
