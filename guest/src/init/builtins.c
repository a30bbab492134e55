#include "builtins.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "action.h"
#include "child.h"
#include "klog.h"
#include "persist.h"
#include "service.h"
#include "store.h"
#include "sysctls.h"

static const char unknown_user[] = "unknown user or group";

static const char *result(int r) {
    return r < 0 ? strerror(errno) : NULL;
}

// mkdir <path> [octal mode [user [group]]]: an existing directory gets mode and owner too.
// /data outlives the image and belongs to the phone: a symbolic link there must not lead init elsewhere.
static const char *do_mkdir(int n, char **w) {
    mode_t mode = n > 2 ? (mode_t)strtoul(w[2], NULL, 8) : 0755;
    uid_t uid = n > 3 ? service_user(w[3]) : 0;
    gid_t gid = n > 4 ? service_user(w[4]) : 0;
    if (uid == (uid_t)-1 || gid == (gid_t)-1) return unknown_user;
    if (mkdir(w[1], 0700) < 0 && errno != EEXIST) return result(-1);
    int fd = open(w[1], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return result(-1);
    int r = n > 2 && fchmod(fd, mode) < 0 ? -1 : 0;
    if (r == 0 && n > 3) r = fchown(fd, uid, gid);
    const char *error = result(r);
    close(fd);
    return error;
}

static const char *do_chown(int n, char **w) {
    uid_t uid = service_user(w[1]);
    gid_t gid = n > 3 ? service_user(w[2]) : (gid_t)-1;
    if (uid == (uid_t)-1 || (n > 3 && gid == (gid_t)-1)) return unknown_user;
    return result(lchown(w[n - 1], uid, gid));
}

static const char *do_chmod(int n, char **w) {
    (void)n;
    return result(fchmodat(AT_FDCWD, w[2], (mode_t)strtoul(w[1], NULL, 8), 0));
}

static const char *do_write(int n, char **w) {
    (void)n;
    int fd = open(w[1], O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    size_t len = strlen(w[2]);
    if (fd < 0) return result(-1);
    const char *error = result(write(fd, w[2], len) == (ssize_t)len ? 0 : -1);
    close(fd);
    return error;
}

static const char *do_symlink(int n, char **w) {
    (void)n;
    return symlink(w[1], w[2]) < 0 && errno != EEXIST ? result(-1) : NULL;
}

static const char *do_rm(int n, char **w) {
    (void)n;
    return unlink(w[1]) < 0 && errno != ENOENT ? result(-1) : NULL;
}

static const char *do_setprop(int n, char **w) {
    (void)n;
    return store_set(w[1], w[2]) == PROP_SUCCESS ? NULL : "refused by the property store";
}

static const char *do_export(int n, char **w) {
    (void)n;
    return result(setenv(w[1], w[2], 1));
}

static const char *do_trigger(int n, char **w) {
    (void)n;
    action_trigger(w[1]);
    return NULL;
}

static const char *do_class_start(int n, char **w) {
    (void)n;
    service_class_start(w[1]);
    return NULL;
}

static const char *on_service(char **w) {
    struct service *s = service_find(w[1]);
    if (!s) return "service not found";
    if (strcmp(w[0], "start") == 0)
        return service_start(s) < 0 ? "did not start" : NULL;
    if (strcmp(w[0], "stop") == 0)
        service_stop(s, false);
    else if (strcmp(w[0], "restart") == 0)
        service_restart(s);
    else
        s->disabled = false; // enable
    return NULL;
}

static const char *do_service(int n, char **w) {
    (void)n;
    return on_service(w);
}

static const char *do_ifup(int n, char **w) {
    (void)n;
    struct ifreq r = {0};
    strncpy(r.ifr_name, w[1], IFNAMSIZ - 1);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return result(-1);
    int up = ioctl(fd, SIOCGIFFLAGS, &r);
    r.ifr_flags |= IFF_UP;
    if (up == 0) up = ioctl(fd, SIOCSIFFLAGS, &r);
    const char *error = result(up);
    close(fd);
    return error;
}

static const char *do_load_persist(int n, char **w) {
    (void)n, (void)w;
    persist_load();
    return NULL;
}

static const char *do_security(int n, char **w) {
    (void)n, (void)w;
    sysctls_insist();
    return NULL;
}

static const char *do_properties(int n, char **w) {
    (void)n, (void)w;
    actions_enable_properties();
    return NULL;
}

// exec [seclabel [user [group...]]] -- command...: seclabel must be "-", there is no SELinux here.
static const char *do_exec(int n, char **w, pid_t *held) {
    int dashes = 1;
    while (dashes < n && strcmp(w[dashes], "--")) dashes++;
    if (dashes + 1 >= n || n - dashes - 1 > SERVICE_ARGS_MAX) return "exec needs -- and a command";
    struct service s = {.name = (char *)"exec"};
    if (dashes > 2 && (s.uid = service_user(w[2])) == (uid_t)-1) return unknown_user;
    if (dashes > 3 && (s.gid = service_user(w[3])) == (gid_t)-1) return unknown_user;
    for (int i = dashes + 1; i < n; i++) s.args[i - dashes - 1] = w[i];
    pid_t pid = fork();
    if (pid == 0) child_become(&s, NULL);
    if (pid < 0) return result(-1);
    *held = pid;
    return NULL;
}

static const struct {
    const char *name;
    int min, max; // words without the command itself
    const char *(*run)(int, char **);
} table[] = {
    {"mkdir", 1, 4, do_mkdir},           {"chown", 2, 3, do_chown},         {"chmod", 2, 2, do_chmod},
    {"write", 2, 2, do_write},           {"symlink", 2, 2, do_symlink},     {"rm", 1, 1, do_rm},
    {"setprop", 2, 2, do_setprop},       {"export", 2, 2, do_export},       {"trigger", 1, 1, do_trigger},
    {"class_start", 1, 1, do_class_start}, {"start", 1, 1, do_service},     {"stop", 1, 1, do_service},
    {"restart", 1, 1, do_service},       {"enable", 1, 1, do_service},      {"ifup", 1, 1, do_ifup},
    {"load_persist_props", 0, 0, do_load_persist}, {"security_sysctls", 0, 0, do_security},
    {"enable_property_trigger", 0, 0, do_properties},
};

const char *builtin_run(int n, char **w, pid_t *exec) {
    if (strcmp(w[0], "exec") == 0) return do_exec(n, w, exec);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strcmp(table[i].name, w[0])) continue;
        if (n - 1 < table[i].min || n - 1 > table[i].max) return "wrong number of words";
        return table[i].run(n, w);
    }
    return "unknown command";
}
