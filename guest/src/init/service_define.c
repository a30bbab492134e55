// Service sections: their text. What a running service does is in service.c.
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "service.h"

static struct service *first, **last = &first;

struct service *service_first(void) {
    return first;
}

struct service *service_find(const char *name) {
    struct service *s = first;
    while (s && strcmp(s->name, name)) s = s->next;
    return s;
}

// AOSP libcutils android_filesystem_config.h: these numbers are part of Android's interface.
static const struct {
    const char *name;
    uid_t id;
} users[] = {
    {"root", 0},          {"system", 1000},    {"radio", 1001},      {"graphics", 1003}, {"input", 1004},
    {"audio", 1005},      {"camera", 1006},    {"log", 1007},        {"adb", 1011},      {"install", 1012},
    {"media", 1013},      {"sdcard_rw", 1015}, {"sdcard_r", 1028},   {"logd", 1036},     {"ext_data_rw", 1078},
    {"ext_obb_rw", 1079}, {"shell", 2000},     {"cache", 2001},      {"net_bt_admin", 3001}, {"net_bt", 3002},
    {"inet", 3003},       {"net_raw", 3004},   {"net_bw_stats", 3006}, {"readproc", 3009}, {"uhid", 3011},
    {"readtracefs", 3012}, {"misc", 9998},     {"nobody", 9999},
};

uid_t service_user(const char *name) {
    char *end;
    for (size_t i = 0; i < sizeof users / sizeof *users; i++)
        if (strcmp(users[i].name, name) == 0) return users[i].id;
    unsigned long n = strtoul(name, &end, 10);
    return *name >= '0' && *name <= '9' && *end == 0 && n < 0xffffffff ? (uid_t)n : (uid_t)-1;
}

static const char *const capability_names[] = {
    [CAP_CHOWN] = "CHOWN", [CAP_DAC_OVERRIDE] = "DAC_OVERRIDE", [CAP_DAC_READ_SEARCH] = "DAC_READ_SEARCH",
    [CAP_FOWNER] = "FOWNER", [CAP_KILL] = "KILL", [CAP_SETGID] = "SETGID", [CAP_SETUID] = "SETUID",
    [CAP_NET_BIND_SERVICE] = "NET_BIND_SERVICE", [CAP_NET_ADMIN] = "NET_ADMIN", [CAP_NET_RAW] = "NET_RAW",
    [CAP_SYS_NICE] = "SYS_NICE", [CAP_SYS_PTRACE] = "SYS_PTRACE", [CAP_SYS_BOOT] = "SYS_BOOT", [CAP_SYSLOG] = "SYSLOG",
};

static int capability(const char *name) {
    for (size_t i = 0; i < sizeof capability_names / sizeof *capability_names; i++)
        if (capability_names[i] && strcmp(capability_names[i], name) == 0) return (int)i;
    return -1;
}

struct service *service_define(int count, char **words) {
    if (count < 3 || count - 2 > SERVICE_ARGS_MAX || service_find(words[1])) return NULL;
    struct service *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    s->name = strdup(words[1]);
    s->class = strdup("default");
    for (int i = 2; i < count; i++) s->args[i - 2] = strdup(words[i]);
    *last = s;
    last = &s->next;
    return s;
}

static const char *groups(struct service *s, int count, char **words) {
    if (count - 2 > SERVICE_GROUPS_MAX) return "too many groups";
    for (int i = 1; i < count; i++) {
        gid_t g = service_user(words[i]);
        if (g == (gid_t)-1) return "unknown group";
        if (i == 1)
            s->gid = g;
        else
            s->groups[s->group_count++] = g;
    }
    return NULL;
}

// socket <name> <type>[+passcred] <octal mode> [user [group]]
static const char *sockets(struct service *s, int count, char **words) {
    if (count < 4 || s->socket_count == SERVICE_SOCKETS_MAX) return "socket needs name, type, mode; at most four";
    struct service_socket *k = &s->sockets[s->socket_count];
    char *plus = strchr(words[2], '+');
    if (plus) *plus = 0;
    k->passcred = plus && strcmp(plus + 1, "passcred") == 0;
    k->type = strcmp(words[2], "stream") == 0 ? SOCK_STREAM : strcmp(words[2], "dgram") == 0 ? SOCK_DGRAM
            : strcmp(words[2], "seqpacket") == 0 ? SOCK_SEQPACKET : -1;
    if (k->type < 0) return "socket type must be stream, dgram or seqpacket";
    k->mode = (mode_t)strtoul(words[3], NULL, 8);
    k->uid = count > 4 ? service_user(words[4]) : 0;
    k->gid = count > 5 ? service_user(words[5]) : 0;
    if (k->uid == (uid_t)-1 || k->gid == (gid_t)-1) return "unknown user or group of socket";
    k->name = strdup(words[1]);
    s->socket_count++;
    return NULL;
}

static const char *onrestart(struct service *s, int count, char **words) {
    char **copy = calloc((size_t)count, sizeof *copy);
    if (!copy || count < 2 || s->restart_count == SERVICE_RESTARTS_MAX) return "bad onrestart, or too many";
    for (int i = 1; i < count; i++) copy[i - 1] = strdup(words[i]);
    s->restarts[s->restart_count++] = copy;
    return NULL;
}

const char *service_option(struct service *s, int count, char **words) {
    const char *o = words[0];
    if (strcmp(o, "class") == 0 && count >= 2) {
        free(s->class);
        s->class = strdup(words[1]);
    } else if (strcmp(o, "user") == 0 && count == 2) {
        if ((s->uid = service_user(words[1])) == (uid_t)-1) return "unknown user";
    } else if (strcmp(o, "group") == 0 && count >= 2) {
        return groups(s, count, words);
    } else if (strcmp(o, "capabilities") == 0) {
        for (int i = 1; i < count; i++) {
            int c = capability(words[i]);
            if (c < 0) return "unknown capability";
            s->capabilities |= UINT64_C(1) << c;
        }
    } else if (strcmp(o, "setenv") == 0 && count == 3) {
        if (s->env_count == SERVICE_ENV_MAX) return "too many setenv";
        s->env[s->env_count][0] = strdup(words[1]);
        s->env[s->env_count++][1] = strdup(words[2]);
    } else if (strcmp(o, "socket") == 0) {
        return sockets(s, count, words);
    } else if (strcmp(o, "onrestart") == 0) {
        return onrestart(s, count, words);
    } else if (strcmp(o, "critical") == 0) {
        s->critical = true;
    } else if (strcmp(o, "disabled") == 0) {
        s->disabled = true;
    } else if (strcmp(o, "oneshot") == 0) {
        s->oneshot = true;
    } else if (strcmp(o, "stdio_to_kmsg") == 0) {
        s->stdio_to_kmsg = true;
    } else {
        return "unknown option, or wrong number of words";
    }
    return NULL;
}
