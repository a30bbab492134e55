#include "packages.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "axml.h"
#include "zip.h"

static char failure[256];

static const char *fail(const char *code, const char *why) {
    snprintf(failure, sizeof failure, "%s: %s", code, why);
    return failure;
}

static const char *zip_failure(enum zip_error e) {
    switch (e) {
    case ZIP_NOT_A_ZIP: return fail("INSTALL_FAILED_INVALID_APK", "not a zip archive");
    case ZIP_NO_ENTRY: return fail("INSTALL_PARSE_FAILED_NOT_APK", "no AndroidManifest.xml in it");
    case ZIP_TOO_BIG: return fail("INSTALL_PARSE_FAILED_UNEXPECTED_EXCEPTION", "AndroidManifest.xml is larger than 4 MiB");
    case ZIP_UNSUPPORTED: return fail("INSTALL_FAILED_INVALID_APK", "encrypted, zip64 or an unknown compression");
    default: return fail("INSTALL_FAILED_INVALID_APK", "damaged archive");
    }
}

static const char *read_manifest(const uint8_t *zip, size_t size, struct manifest *m) {
    uint8_t *xml = NULL;
    size_t n = 0;
    enum zip_error e = zip_read(zip, size, "AndroidManifest.xml", MANIFEST_MAX, &xml, &n);
    if (e != ZIP_OK) return zip_failure(e);
    int r = manifest_parse(xml, n, m);
    free(xml);
    if (r < 0) return fail("INSTALL_PARSE_FAILED_MANIFEST_MALFORMED", "no binary manifest with a legal package name");
    if (*m->split) return fail("INSTALL_FAILED_MISSING_SPLIT", "a split without its base");
    return NULL;
}

static uint32_t installed_version(const char *root, const char *package) {
    char path[512], text[16] = "";
    snprintf(path, sizeof path, "%s/%s/version", root, package);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0 && read(fd, text, sizeof text - 1) < 0) text[0] = 0;
    if (fd >= 0) close(fd);
    return (uint32_t)strtoul(text, NULL, 10);
}

static int write_file(const char *path, const uint8_t *bytes, size_t n) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0) return -1;
    int ok = fchmod(fd, 0644) == 0;
    for (size_t done = 0; ok && done < n;) {
        ssize_t w = write(fd, bytes + done, n - done);
        ok = w > 0;
        if (ok) done += (size_t)w;
    }
    ok = ok && fsync(fd) == 0;
    int saved = errno;
    close(fd);
    errno = saved;
    return ok ? 0 : -1;
}

static void remove_dir(const char *dir) {
    char path[600];
    static const char *const files[] = {"base.apk", "version"};
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, files[i]);
        unlink(path);
    }
    rmdir(dir);
}

// The package appears with one rename: a half-written one is never listed (its directory begins with a dot).
static const char *place(const char *root, const struct manifest *m, const uint8_t *bytes, size_t n) {
    char fresh[400], final[400], old[400], path[500], version[16];
    snprintf(fresh, sizeof fresh, "%s/.new-%d", root, getpid());
    snprintf(old, sizeof old, "%s/.old-%d", root, getpid());
    snprintf(final, sizeof final, "%s/%s", root, m->package);
    remove_dir(fresh);
    if (mkdir(fresh, 0755) < 0 || chmod(fresh, 0755) < 0) return fail("INSTALL_FAILED_INSUFFICIENT_STORAGE", strerror(errno));
    snprintf(path, sizeof path, "%s/base.apk", fresh);
    int ok = write_file(path, bytes, n) == 0;
    snprintf(path, sizeof path, "%s/version", fresh);
    snprintf(version, sizeof version, "%u\n", m->version_code);
    ok = ok && write_file(path, (uint8_t *)version, strlen(version)) == 0;
    if (ok && rename(final, old) < 0) ok = errno == ENOENT;
    ok = ok && rename(fresh, final) == 0;
    int error = errno;
    remove_dir(fresh);
    remove_dir(old);
    return ok ? NULL : fail("INSTALL_FAILED_INSUFFICIENT_STORAGE", strerror(error));
}

static const char *install_bytes(const char *root, const uint8_t *bytes, size_t n, unsigned flags, char *package) {
    struct manifest m;
    char path[400];
    const char *error = read_manifest(bytes, n, &m);
    if (error) return error;
    strcpy(package, m.package);
    if (packages_path(root, m.package, path, sizeof path) == 0) {
        if (!(flags & INSTALL_REPLACE)) return fail("INSTALL_FAILED_ALREADY_EXISTS", "attempt to re-install without -r");
        if (m.version_code < installed_version(root, m.package) && !(flags & INSTALL_ALLOW_DOWNGRADE))
            return fail("INSTALL_FAILED_VERSION_DOWNGRADE", "an older version than the installed one, without -d");
    }
    return place(root, &m, bytes, n);
}

const char *packages_install(const char *root, int fd, unsigned flags, char *package) {
    struct stat st;
    *package = 0;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) return fail("INSTALL_FAILED_INVALID_URI", "not a regular file");
    if (st.st_size < 22 || st.st_size > APK_MAX) return fail("INSTALL_FAILED_INVALID_APK", "no APK has this size");
    size_t n = (size_t)st.st_size;
    // A copy: the file belongs to the caller, who may shorten it (a mapping would fault) or change it after the check.
    uint8_t *bytes = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (bytes == MAP_FAILED) return fail("INSTALL_FAILED_INSUFFICIENT_STORAGE", strerror(errno));
    size_t got = 0;
    for (ssize_t r; got < n && (r = pread(fd, bytes + got, n - got, (off_t)got)) > 0;) got += (size_t)r;
    const char *error = got == n ? install_bytes(root, bytes, n, flags, package) : fail("INSTALL_FAILED_INVALID_APK", "cannot be read");
    munmap(bytes, n);
    return error;
}

const char *packages_remove(const char *root, const char *package) {
    char path[400];
    if (packages_path(root, package, path, sizeof path) < 0) return "DELETE_FAILED_INTERNAL_ERROR";
    *strrchr(path, '/') = 0;
    remove_dir(path);
    return access(path, F_OK) == 0 ? "DELETE_FAILED_INTERNAL_ERROR" : NULL;
}

int packages_path(const char *root, const char *package, char *path, unsigned size) {
    if (!manifest_legal_package(package)) return -1;
    snprintf(path, size, "%s/%s/base.apk", root, package);
    return access(path, F_OK);
}

static int visible(const struct dirent *e) {
    return manifest_legal_package(e->d_name);
}

void packages_list(const char *root, const char *system_list,
                   void (*each)(const char *, const char *, int, uint32_t, void *), void *cookie) {
    char package[256], path[512];
    struct dirent **names;
    FILE *f = fopen(system_list, "re");
    while (f && fscanf(f, "%255s %511s", package, path) == 2) each(package, path, 0, 1, cookie);
    if (f) fclose(f);
    int n = scandir(root, &names, visible, alphasort);
    for (int i = 0; i < n; i++) {
        if (packages_path(root, names[i]->d_name, path, sizeof path) == 0)
            each(names[i]->d_name, path, 1, installed_version(root, names[i]->d_name), cookie);
        free(names[i]);
    }
    if (n >= 0) free(names);
}
