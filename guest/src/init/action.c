#include "action.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builtins.h"
#include "expand.h"
#include "klog.h"
#include "prop/prop.h"
#include "rc.h"
#include "service.h"

enum { CONDITIONS_MAX = 6, QUEUE_MAX = 256 };

struct command {
    struct command *next;
    char **words;
    int count, line;
};

struct action {
    struct action *next;
    char *event; // NULL: property conditions alone
    struct { char *name, *value; } conditions[CONDITIONS_MAX];
    int condition_count;
    struct command *commands;
    char file[64];
    int line;
};

// Waits in order. An entry is an event whose actions are looked up when its turn comes, or one action.
struct entry {
    char *event;
    struct action *action;
};

static struct action *actions, **last_action = &actions;
static struct entry queue[QUEUE_MAX];
static unsigned head, tail;
static struct command *current; // the running action's next command
static struct action *running;
static pid_t waiting_for;
static bool properties_on;

static void push(struct entry e) {
    if (tail - head == QUEUE_MAX) {
        LOGE("action queue is full: lost %s", e.event ? e.event : "a property action");
        free(e.event);
        return;
    }
    queue[tail++ % QUEUE_MAX] = e;
}

void action_trigger(const char *event) {
    push((struct entry){.event = strdup(event)});
}

static bool holds(const char *want, const char *value) {
    return value && (strcmp(want, "*") == 0 || strcmp(want, value) == 0);
}

// All conditions hold now. `name` (may be NULL) must be among them and has this value.
static bool conditions_hold(const struct action *a, const char *name, const char *value) {
    bool named = !name;
    for (int i = 0; i < a->condition_count; i++) {
        char now[PROP_VALUE_MAX];
        if (name && strcmp(a->conditions[i].name, name) == 0) {
            named = true;
            if (!holds(a->conditions[i].value, value)) return false;
        } else if (!holds(a->conditions[i].value, prop_get(a->conditions[i].name, now, sizeof now) < 0 ? NULL : now)) {
            return false;
        }
    }
    return named;
}

void action_property(const char *name, const char *value) {
    for (struct action *a = actions; a && properties_on; a = a->next)
        if (!a->event && conditions_hold(a, name, value)) push((struct entry){.action = a});
}

void actions_enable_properties(void) {
    properties_on = true;
    for (struct action *a = actions; a; a = a->next)
        if (!a->event && conditions_hold(a, NULL, NULL)) push((struct entry){.action = a});
}

// Puts the actions of the event at the queue's front in place of the event itself.
static void expand_event(const char *event) {
    struct action *found[QUEUE_MAX];
    unsigned n = 0;
    for (struct action *a = actions; a && n < QUEUE_MAX - (tail - head); a = a->next)
        if (a->event && strcmp(a->event, event) == 0 && conditions_hold(a, NULL, NULL)) found[n++] = a;
    while (n) queue[--head % QUEUE_MAX] = (struct entry){.action = found[--n]};
}

static void run(int count, char **words, const char *where, int line) {
    static char text[RC_WORDS_MAX][512];
    char *expanded[RC_WORDS_MAX + 1] = {NULL};
    const char *error = NULL;
    for (int i = 0; i < count && !error; i++) {
        if (expand(words[i], text[i], sizeof text[i]) < 0) error = "unset property in a word, or too long";
        expanded[i] = text[i];
    }
    if (!error) error = builtin_run(count, expanded, &waiting_for);
    if (error) LOGW("Command '%s%s%s' (%s:%d) failed: %s", words[0], count > 1 ? " " : "", count > 1 ? words[1] : "", where, line, error);
}

bool action_step(void) {
    while (!waiting_for && !current && head != tail) {
        struct entry e = queue[head++ % QUEUE_MAX];
        if (e.event) {
            expand_event(e.event);
            free(e.event);
        } else {
            running = e.action;
            current = running->commands;
            if (current) LOGI("processing action (%s) from (%s:%d)", running->event ? running->event : running->conditions[0].name, running->file, running->line);
        }
    }
    if (waiting_for || !current) return false;
    struct command *c = current;
    current = c->next;
    run(c->count, c->words, running->file, c->line);
    return true;
}

void action_ended(pid_t pid) {
    if (pid == waiting_for) waiting_for = 0;
}

void action_command(char **words, const char *who) {
    int count = 0;
    pid_t hold = waiting_for;
    while (words[count]) count++;
    run(count, words, who, 0);
    waiting_for = hold;
}

struct load {
    const char *file;
    struct action *action;
    struct service *service;
    struct command **next;
};

static void property_condition(struct action *a, char *word, const char *file, int line) {
    char *value = strchr(word, '=');
    if (!value || a->condition_count == CONDITIONS_MAX) {
        LOGE("%s: %d: bad condition '%s'", file, line, word);
        return;
    }
    a->conditions[a->condition_count].name = strndup(word, (size_t)(value - word));
    a->conditions[a->condition_count++].value = strdup(value + 1);
}

static void on_section(struct load *l, int line, int count, char **words) {
    struct action *a = calloc(1, sizeof *a);
    if (!a) return;
    for (int i = 1; i < count; i++) {
        if (strcmp(words[i], "&&") == 0) continue;
        if (strncmp(words[i], "property:", 9) == 0)
            property_condition(a, words[i] + 9, l->file, line);
        else
            a->event = strdup(words[i]);
    }
    snprintf(a->file, sizeof a->file, "%s", l->file);
    a->line = line;
    *last_action = a;
    last_action = &a->next;
    l->action = a;
    l->next = &a->commands;
}

static void each_line(int line, int count, char **words, void *cookie) {
    struct load *l = cookie;
    if (strcmp(words[0], "on") == 0 && count > 1) {
        l->service = NULL;
        on_section(l, line, count, words);
    } else if (strcmp(words[0], "service") == 0) {
        l->action = NULL;
        if (!(l->service = service_define(count, words))) LOGE("%s: %d: bad or second service '%s'", l->file, line, count > 1 ? words[1] : "");
    } else if (l->service) {
        const char *error = service_option(l->service, count, words);
        if (error) LOGE("%s: %d: service '%s': %s: %s", l->file, line, l->service->name, words[0], error);
    } else if (l->action) {
        struct command *c = calloc(1, sizeof *c);
        if (!c || !(c->words = calloc((size_t)count + 1, sizeof *c->words))) return;
        for (int i = 0; i < count; i++) c->words[i] = strdup(words[i]);
        c->count = count;
        c->line = line;
        *l->next = c;
        l->next = &c->next;
    } else {
        LOGE("%s: %d: '%s' belongs to no section", l->file, line, words[0]);
    }
}

static void load_file(const char *path) {
    struct load l = {.file = path};
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *text = fd >= 0 && fstat(fd, &st) == 0 && st.st_size < (1 << 20) ? calloc(1, (size_t)st.st_size + 1) : NULL;
    if (text && read(fd, text, (size_t)st.st_size) == st.st_size)
        rc_parse(text, each_line, &l);
    else
        LOGE("Could not read '%s'", path);
    free(text);
    if (fd >= 0) close(fd);
}

static int is_rc(const struct dirent *e) {
    size_t n = strlen(e->d_name);
    return n > 3 && strcmp(e->d_name + n - 3, ".rc") == 0;
}

void rc_load(const char *path) {
    struct dirent **names;
    struct stat st;
    if (stat(path, &st) < 0) return;
    if (!S_ISDIR(st.st_mode)) {
        load_file(path);
        return;
    }
    int n = scandir(path, &names, is_rc, alphasort);
    for (int i = 0; i < n; i++) {
        char file[512];
        snprintf(file, sizeof file, "%s/%s", path, names[i]->d_name);
        load_file(file);
        free(names[i]);
    }
    if (n >= 0) free(names);
}
