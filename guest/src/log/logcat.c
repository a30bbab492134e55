// logcat: shows logd's entries, and goes on as they come unless -d.
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "log/filter.h"

static const char usage[] =
    "usage: logcat [-d] [-c] [-s] [-v FORM] [-b BUFFER]... [-t N | -T N] [--pid PID] [TAG[:PRIORITY]]...\n"
    "  -d       show what there is and end    -c       clear and end     -s  silent but for the tags named\n"
    "  -v FORM  threadtime (default), brief, tag, raw, time, long, process\n"
    "  -b NAME  main, system, crash, events, radio, kernel, default, all\n"
    "  -t N     the newest N and end          -T N     the newest N and go on\n";

static const char *const buffers[LOG_ID_COUNT] = {"main", "radio", "events", "system", "crash", "stats", "security", "kernel"};
enum { DEFAULT_BUFFERS = 1 << LOG_ID_MAIN | 1 << LOG_ID_SYSTEM | 1 << LOG_ID_CRASH };

static unsigned buffer_named(const char *name) {
    unsigned lids = 0;
    char copy[128], *save, *word;
    snprintf(copy, sizeof copy, "%s", name);
    for (word = strtok_r(copy, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
        unsigned before = lids;
        if (strcmp(word, "default") == 0) lids |= DEFAULT_BUFFERS;
        if (strcmp(word, "all") == 0) lids |= (1u << LOG_ID_COUNT) - 1;
        for (int i = 0; i < LOG_ID_COUNT; i++)
            if (strcmp(word, buffers[i]) == 0) lids |= 1u << i;
        if (lids == before) return 0;
    }
    return lids;
}

static int to_logd(const char *path, int type) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    strcpy(at.sun_path, path);
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0) return fd;
    fprintf(stderr, "logcat: %s: %s\n", path, strerror(errno));
    exit(1);
}

static int clear(unsigned lids) {
    for (int i = 0; i < LOG_ID_COUNT; i++) {
        char text[32], answer[16] = "";
        if (!(lids >> i & 1)) continue;
        int fd = to_logd("/dev/socket/logd", SOCK_STREAM);
        int n = snprintf(text, sizeof text, "clear %d", i) + 1;
        int ok = send(fd, text, (size_t)n, MSG_NOSIGNAL) == n && recv(fd, answer, sizeof answer - 1, 0) > 0;
        close(fd);
        if (!ok || strcmp(answer, "success")) {
            fprintf(stderr, "logcat: failed to clear the '%s' log\n", buffers[i]);
            return 1;
        }
    }
    return 0;
}

static void show(const struct filter *f, enum log_form form, const struct log_entry *head, const char *payload) {
    char out[LOG_TEXT_MAX + 256];
    struct log_line l = {.priority = (unsigned char)payload[0], .tag = payload + 1, .pid = head->pid, .tid = head->tid};
    const char *end = payload + head->len;
    l.text = l.tag + strnlen(l.tag, (size_t)(end - l.tag)) + 1;
    if (l.text >= end || !filter_shows(f, l.tag, l.priority)) return;
    time_t seconds = head->sec;
    struct tm t;
    localtime_r(&seconds, &t);
    size_t n = strftime(l.time, sizeof l.time, "%m-%d %H:%M:%S", &t);
    snprintf(l.time + n, sizeof l.time - n, ".%03u", head->nsec / 1000000 % 1000);
    const char *line = l.text;
    do { // each line of the text gets its own head
        size_t len = strcspn(line, "\n");
        form_line(form, &l, line, len, out, sizeof out);
        puts(out);
        line += len + (line[len] == '\n');
    } while (*line);
}

static int read_all(int fd, const struct filter *f, enum log_form form) {
    static const char *const begin = "--------- beginning of %s\n";
    union {
        struct log_entry head;
        char bytes[sizeof(struct log_entry) + LOG_TEXT_MAX + 1];
    } u;
    unsigned seen = 0;
    ssize_t n;
    while ((n = recv(fd, &u, sizeof u - 1, 0)) > 0) {
        if (n < (ssize_t)sizeof u.head || u.head.hdr_size + u.head.len > n || u.head.len < 3) continue;
        u.bytes[n] = 0;
        if (u.head.lid < LOG_ID_COUNT && !(seen >> u.head.lid & 1) && form != FORM_RAW) printf(begin, buffers[u.head.lid]);
        seen |= 1u << u.head.lid;
        show(f, form, &u.head, u.bytes + u.head.hdr_size);
        fflush(stdout);
        if (ferror(stdout)) return 1;
    }
    return 0;
}

int main(int argc, char **argv) {
    static const struct option longs[] = {{"pid", required_argument, NULL, 'p'}, {"clear", no_argument, NULL, 'c'}, {NULL, 0, NULL, 0}};
    struct filter f = {.rest = LOG_VERBOSE};
    int option, dump = 0, wipe = 0, form = FORM_THREADTIME;
    unsigned lids = 0;
    char tail[32] = "", pid[32] = "";
    while ((option = getopt_long(argc, argv, "dcsv:b:t:T:", longs, NULL)) != -1) {
        if (option == 'd' || option == 't') dump = 1;
        if (option == 't' || option == 'T') snprintf(tail, sizeof tail, " tail=%lu", strtoul(optarg, NULL, 10));
        if (option == 'p') snprintf(pid, sizeof pid, " pid=%d", atoi(optarg));
        if (option == 'c') wipe = 1;
        if (option == 's') f.rest = LOG_SILENT;
        if (option == 'v' && (form = form_named(optarg)) < 0) {
            fprintf(stderr, "logcat: unknown form '%s'\n%s", optarg, usage);
            return 1;
        }
        if (option == 'b') {
            unsigned more = buffer_named(optarg);
            if (!more) fprintf(stderr, "logcat: unknown buffer '%s'\n", optarg);
            if (!more) return 1;
            lids |= more;
        }
        if (option == '?') {
            fputs(usage, stderr);
            return 1;
        }
    }
    for (int i = optind; i < argc; i++) {
        if (filter_add(&f, argv[i]) == 0) continue;
        fprintf(stderr, "logcat: bad filter '%s'\n", argv[i]);
        return 1;
    }
    if (!lids) lids = DEFAULT_BUFFERS;
    if (wipe) return clear(lids);
    char text[160];
    int n = snprintf(text, sizeof text, "%s lids=", dump ? "dumpAndClose" : "stream");
    for (int i = 0, first = 1; i < LOG_ID_COUNT; i++)
        if (lids >> i & 1) n += snprintf(text + n, sizeof text - (size_t)n, "%s%d", first ? "" : ",", i), first = 0;
    n += snprintf(text + n, sizeof text - (size_t)n, "%s%s", tail, pid);
    int fd = to_logd("/dev/socket/logdr", SOCK_SEQPACKET);
    if (send(fd, text, (size_t)n + 1, MSG_NOSIGNAL) < 0) {
        perror("logcat");
        return 1;
    }
    return read_all(fd, &f, (enum log_form)form);
}
