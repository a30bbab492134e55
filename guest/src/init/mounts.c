#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/android/binderfs.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "klog.h"

static int is_mounted(const char *path, long type) {
    struct statfs fs;
    return statfs(path, &fs) == 0 && fs.f_type == type;
}

static void need(const char *path, const char *type, long magic, unsigned long flags, const char *options, mode_t mode) {
    if (is_mounted(path, magic)) return;
    mkdir(path, mode);
    if (mount(type, path, type, flags, options) < 0) LOGW("mount %s at %s: %s: going on without", type, path, strerror(errno));
}

static void node(const char *path, unsigned int major_number, unsigned int minor_number) {
    if (access(path, F_OK) == 0) return;
    if (mknod(path, S_IFCHR | 0666, makedev(major_number, minor_number)) < 0 || chmod(path, 0666) < 0)
        LOGW("mknod %s: %s: going on without", path, strerror(errno));
}

void mounts_early(void) {
    need("/proc", "proc", PROC_SUPER_MAGIC, MS_NOSUID | MS_NOEXEC | MS_NODEV, "hidepid=2,gid=3009", 0555);
    need("/sys", "sysfs", SYSFS_MAGIC, MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL, 0555);
    // A runtime without a tmpfs on /dev leaves the image's empty directory: then properties need one.
    need("/dev", "tmpfs", TMPFS_MAGIC, MS_NOSUID, "mode=0755", 0755);
    node("/dev/null", 1, 3);
    node("/dev/zero", 1, 5);
    node("/dev/full", 1, 7);
    node("/dev/random", 1, 8);
    node("/dev/urandom", 1, 9);
    node("/dev/tty", 5, 0);
    need("/dev/pts", "devpts", DEVPTS_SUPER_MAGIC, MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620", 0755);
    if (access("/dev/ptmx", F_OK) < 0 && symlink("pts/ptmx", "/dev/ptmx") < 0) LOGW("/dev/ptmx: %s", strerror(errno));
    need("/mnt", "tmpfs", TMPFS_MAGIC, MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0755,gid=1000", 0755);
    need("/tmp", "tmpfs", TMPFS_MAGIC, MS_NOSUID | MS_NODEV, "mode=1777", 01777);
}

static int kernel_has_binderfs(void) {
    char line[128];
    int found = 0;
    FILE *f = fopen("/proc/filesystems", "re");
    while (f && !found && fgets(line, sizeof line, f)) found = strstr(line, "\tbinder\n") != NULL;
    if (f) fclose(f);
    return found;
}

int mounts_binder(void) {
    static const char *const names[] = {"binder", "hwbinder", "vndbinder"};
    int usable = 0;
    if (kernel_has_binderfs()) need("/dev/binderfs", "binder", BINDERFS_SUPER_MAGIC, 0, NULL, 0755);
    int control = open("/dev/binderfs/binder-control", O_RDONLY | O_CLOEXEC);
    for (size_t i = 0; i < 3; i++) {
        struct binderfs_device device = {0};
        char path[64], link[64];
        snprintf(path, sizeof path, "/dev/binderfs/%s", names[i]);
        snprintf(link, sizeof link, "/dev/%s", names[i]);
        strcpy(device.name, names[i]);
        if (control >= 0 && access(path, F_OK) < 0 && ioctl(control, BINDER_CTL_ADD, &device) < 0)
            LOGW("binderfs: cannot add %s: %s", names[i], strerror(errno));
        if (access(path, F_OK) == 0) {
            if (chmod(path, 0666) < 0) LOGW("chmod %s: %s", path, strerror(errno));
            if (symlink(path, link) < 0 && errno != EEXIST) LOGW("%s: %s", link, strerror(errno));
        }
        usable += access(link, F_OK) == 0;
    }
    if (control >= 0) close(control);
    return usable;
}
