// logcat's filters ("ActivityManager:I *:S") and its forms of a line. Pure.
#pragma once

#include <stddef.h>

#include "log/log.h"

enum { FILTER_MAX = 64 };

struct filter {
    struct { char tag[128]; int priority; } rules[FILTER_MAX];
    int count;
    int rest; // least priority shown for tags without a rule; LOG_VERBOSE at first
};

// Adds "tag[:priority]" ("*" is all other tags). 0, or -1 for an unknown priority or too many.
int filter_add(struct filter *f, const char *rule);
int filter_shows(const struct filter *f, const char *tag, int priority);
char priority_letter(int priority);

enum log_form { FORM_THREADTIME, FORM_BRIEF, FORM_TAG, FORM_RAW, FORM_TIME, FORM_LONG, FORM_PROCESS };
// -1 for an unknown name.
int form_named(const char *name);

struct log_line {
    const char *tag, *text;
    int priority;
    int pid;
    unsigned tid;
    char time[24]; // "MM-DD hh:mm:ss.mmm"
};
// One line of text (without its line end) as this form shows it, without line end.
void form_line(enum log_form form, const struct log_line *l, const char *text, size_t len, char *out, size_t size);
