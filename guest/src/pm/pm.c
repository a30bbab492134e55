// pm: packages of the phone, in the words of Android's pm. Also runs as `cmd`, for `cmd package …` which adb install uses.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "pm/installd.h"
#include "pm/packages.h"

static const char usage[] =
    "usage: pm list packages [-f] [-3] [-s] [--show-versioncode] [FILTER]\n"
    "       pm path PACKAGE\n"
    "       pm install [-r] [-d] [-g] [-t] [--user ID] [-i INSTALLER] FILE | -S SIZE [-]\n"
    "       pm uninstall [-k] [--user ID] PACKAGE\n";

static int starts(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

// installd's answer into answer[size]. 0, or -1 with errno.
static int ask(const char *verb, const char *argument, int apk, char *answer, size_t size) {
    struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = INSTALLD_SOCKET};
    char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec parts[] = {{(void *)verb, strlen(verb) + 1}, {(void *)argument, strlen(argument) + 1}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    if (apk >= 0) {
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        *c = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(c), &apk, sizeof apk);
    }
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    ssize_t n = -1;
    if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0 && sendmsg(fd, &message, MSG_NOSIGNAL) > 0)
        n = recv(fd, answer, size - 1, 0);
    if (n == 0) errno = EPIPE;
    int saved = errno;
    if (fd >= 0) close(fd);
    errno = saved;
    if (n <= 0) return -1;
    answer[n] = 0;
    return 0;
}

static int told(const char *verb, const char *argument, int apk) {
    char answer[512];
    if (ask(verb, argument, apk, answer, sizeof answer) < 0) {
        fprintf(stderr, "Error: package service is not running: %s\n", strerror(errno));
        return 1;
    }
    if (*answer)
        printf("Failure [%s]\n", answer);
    else
        puts("Success");
    return *answer != 0;
}

// `-S SIZE`: the APK comes on stdin. It is spooled to an unnamed file, since installd wants all of it at once.
static int spool(unsigned long size) {
    int fd = open("/data/local/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    static char buffer[1 << 16];
    while (fd >= 0 && size) {
        ssize_t n = read(0, buffer, size < sizeof buffer ? size : sizeof buffer);
        if (n <= 0 || write(fd, buffer, (size_t)n) != n) {
            close(fd);
            return -1;
        }
        size -= (unsigned long)n;
    }
    return fd;
}

// Options that mean nothing where no APK runs.
static const char *const harmless[] = {"-g", "-t", "-f", "-q", "-l", "--full", "--dont-kill", "--force-queryable", NULL};

static int is_one_of(const char *word, const char *const *words) {
    while (*words && strcmp(*words, word)) words++;
    return *words != NULL;
}

static int install(int count, char **words) {
    unsigned flags = 0;
    unsigned long size = 0;
    const char *file = NULL;
    for (int i = 0; i < count; i++) {
        const char *w = words[i];
        if (strcmp(w, "-r") == 0) flags |= INSTALL_REPLACE;
        else if (strcmp(w, "-d") == 0) flags |= INSTALL_ALLOW_DOWNGRADE;
        else if (strcmp(w, "-S") == 0 && i + 1 < count) size = strtoul(words[++i], NULL, 10);
        else if ((strcmp(w, "--user") == 0 || strcmp(w, "-i") == 0) && i + 1 < count) i++;
        else if (w[0] != '-' || w[1] == 0) file = w;
        else if (!is_one_of(w, harmless)) {
            fprintf(stderr, "Error: Unknown option: %s\n", w);
            return 1;
        }
    }
    int from_stdin = size && (!file || strcmp(file, "-") == 0);
    if (size > APK_MAX || (!file && !size)) {
        fprintf(stderr, "Error: no APK, or one of more than 1 GiB\n%s", usage);
        return 1;
    }
    int fd = from_stdin ? spool(size) : open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        printf("Failure [INSTALL_FAILED_INVALID_URI: %s: %s]\n", from_stdin ? "standard input" : file, strerror(errno));
        return 1;
    }
    char argument[16];
    snprintf(argument, sizeof argument, "%u", flags);
    return told("install", argument, fd);
}

static int uninstall(int count, char **words) {
    const char *package = NULL;
    for (int i = 0; i < count; i++) {
        if (strcmp(words[i], "--user") == 0)
            i++;
        else if (words[i][0] != '-')
            package = words[i];
    }
    if (package) return told("remove", package, -1);
    fprintf(stderr, "Error: package name not specified\n%s", usage);
    return 1;
}

struct list {
    int files, third, system, versions, found;
    const char *filter, *exact;
};

static void print(const char *package, const char *path, int third, uint32_t version, struct list *l) {
    if (l->exact) {
        if (strcmp(package, l->exact) == 0) l->found += printf("package:%s\n", path) > 0;
        return;
    }
    if ((l->third && !third) || (l->system && third) || (l->filter && !strstr(package, l->filter))) return;
    printf("package:%s%s%s", l->files ? path : "", l->files ? "=" : "", package);
    if (l->versions) printf(" versionCode:%u", version);
    putchar('\n');
}

// Prints what the list wants of all that installd tells.
static int print_all(struct list *l) {
    static char answer[INSTALLD_ANSWER_MAX + 1];
    char package[256], path[512];
    int third, n;
    unsigned version;
    if (ask("list", "", -1, answer, sizeof answer) < 0) {
        fprintf(stderr, "Error: package service is not running: %s\n", strerror(errno));
        return 1;
    }
    for (const char *at = answer; sscanf(at, "%255s %511s %d %u\n%n", package, path, &third, &version, &n) == 4; at += n)
        print(package, path, third, version, l);
    return 0;
}

static int list(int count, char **words) {
    struct list l = {0};
    if (count < 1 || !(starts(words[0], "package"))) {
        fprintf(stderr, "Error: unknown list type '%s'\n%s", count ? words[0] : "", usage);
        return 1;
    }
    for (int i = 1; i < count; i++) {
        if (strcmp(words[i], "-f") == 0) l.files = 1;
        else if (strcmp(words[i], "-3") == 0) l.third = 1;
        else if (strcmp(words[i], "-s") == 0) l.system = 1;
        else if (strcmp(words[i], "--show-versioncode") == 0) l.versions = 1;
        else if (strcmp(words[i], "--user") == 0) i++;
        else if (words[i][0] != '-') l.filter = words[i];
    }
    return print_all(&l);
}

static int path(int count, char **words) {
    struct list l = {.exact = count ? words[count - 1] : ""};
    return print_all(&l) == 0 && l.found ? 0 : 1;
}

int main(int argc, char **argv) {
    const char *me = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
    if (strcmp(me, "cmd") == 0) {
        if (argc < 2 || strcmp(argv[1], "package")) {
            // The services of system_server, and the word about those that nobody has.
            execv("/system/bin/screen-tools", argv);
            fprintf(stderr, "cmd: Can't find service: %s\n", argc > 1 ? argv[1] : "");
            return 20;
        }
        argc--;
        argv++;
    }
    const char *verb = argc > 1 ? argv[1] : "";
    if (strcmp(verb, "install") == 0) return install(argc - 2, argv + 2);
    if (strcmp(verb, "uninstall") == 0) return uninstall(argc - 2, argv + 2);
    if (strcmp(verb, "list") == 0) return list(argc - 2, argv + 2);
    if (strcmp(verb, "path") == 0) return path(argc - 2, argv + 2);
    fputs(usage, stderr);
    return 1;
}
