#include "filter.h"

#include <stdio.h>
#include <string.h>

static const char letters[] = "??VDIWEFS";

char priority_letter(int priority) {
    return priority >= LOG_VERBOSE && priority <= LOG_SILENT ? letters[priority] : '?';
}

static int priority_named(char c) {
    if (c == '*') return LOG_VERBOSE;
    for (int p = LOG_VERBOSE; p <= LOG_SILENT; p++)
        if (letters[p] == c || letters[p] + ('a' - 'A') == c) return p;
    return -1;
}

int filter_add(struct filter *f, const char *rule) {
    const char *colon = strrchr(rule, ':');
    size_t n = colon ? (size_t)(colon - rule) : strlen(rule);
    // A tag alone means everything of it; "*" alone means debug and above (AOSP liblog logprint.c).
    int priority = colon && colon[1] ? priority_named(colon[1]) : n == 1 && *rule == '*' ? LOG_DEBUG : LOG_VERBOSE;
    if (priority < 0 || n >= sizeof f->rules[0].tag) return -1;
    if (n == 1 && *rule == '*') {
        f->rest = priority;
        return 0;
    }
    if (f->count == FILTER_MAX) return -1;
    memcpy(f->rules[f->count].tag, rule, n);
    f->rules[f->count].tag[n] = 0;
    f->rules[f->count++].priority = priority;
    return 0;
}

int filter_shows(const struct filter *f, const char *tag, int priority) {
    for (int i = f->count - 1; i >= 0; i--) // the last word about a tag counts
        if (strcmp(f->rules[i].tag, tag) == 0) return priority >= f->rules[i].priority;
    return priority >= f->rest;
}

static const char *const names[] = {"threadtime", "brief", "tag", "raw", "time", "long", "process"};

int form_named(const char *name) {
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++)
        if (strcmp(names[i], name) == 0) return i;
    return -1;
}

void form_line(enum log_form form, const struct log_line *l, const char *text, size_t len, char *out, size_t size) {
    char p = priority_letter(l->priority);
    int n = (int)len;
    switch (form) {
    case FORM_BRIEF: snprintf(out, size, "%c/%-8s(%5d): %.*s", p, l->tag, l->pid, n, text); return;
    case FORM_TAG: snprintf(out, size, "%c/%-8s: %.*s", p, l->tag, n, text); return;
    case FORM_RAW: snprintf(out, size, "%.*s", n, text); return;
    case FORM_TIME: snprintf(out, size, "%s %c/%-8s(%5d): %.*s", l->time, p, l->tag, l->pid, n, text); return;
    case FORM_PROCESS: snprintf(out, size, "%c(%5d) %.*s  (%s)", p, l->pid, n, text, l->tag); return;
    case FORM_LONG: snprintf(out, size, "[ %s %5d:%5u %c/%-8s ]\n%.*s\n", l->time, l->pid, l->tid, p, l->tag, n, text); return;
    case FORM_THREADTIME: snprintf(out, size, "%s %5d %5u %c %-8s: %.*s", l->time, l->pid, l->tid, p, l->tag, n, text); return;
    }
}
