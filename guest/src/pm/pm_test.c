// APKs made by hand: honest ones, damaged ones, and ones that want to write elsewhere.
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "pm/axml.h"
#include "pm/packages.h"
#include "pm/zip.h"
#include "test/check.h"

struct bytes {
    uint8_t at[1 << 16];
    size_t n;
};

static void p16(struct bytes *b, unsigned v) {
    b->at[b->n++] = (uint8_t)v;
    b->at[b->n++] = (uint8_t)(v >> 8);
}

static void p32(struct bytes *b, uint32_t v) {
    p16(b, v & 0xffff);
    p16(b, v >> 16);
}

static void praw(struct bytes *b, const void *from, size_t n) {
    memcpy(b->at + b->n, from, n);
    b->n += n;
}

static void set32(struct bytes *b, size_t at, uint32_t v) {
    size_t n = b->n;
    b->n = at;
    p32(b, v);
    b->n = n;
}

// As aapt2 writes it: strings "", package, manifest, <value>, with a resource map that gives "" the id of versionCode.
static struct bytes manifest(const char *package, int utf8, uint32_t version) {
    const char *strings[] = {"", "package", "manifest", package};
    struct bytes b = {.n = 0};
    p16(&b, 3), p16(&b, 8), p32(&b, 0);
    size_t pool = b.n;
    p16(&b, 1), p16(&b, 28), p32(&b, 0), p32(&b, 4), p32(&b, 0), p32(&b, utf8 ? 256 : 0), p32(&b, 28 + 16), p32(&b, 0);
    size_t offsets = b.n, start = b.n + 16;
    for (int i = 0; i < 4; i++) p32(&b, 0);
    for (size_t i = 0; i < 4; i++) {
        size_t len = strlen(strings[i]);
        set32(&b, offsets + 4 * i, (uint32_t)(b.n - start));
        if (utf8) {
            b.at[b.n++] = (uint8_t)len;
            b.at[b.n++] = (uint8_t)len;
            praw(&b, strings[i], len + 1);
        } else {
            p16(&b, (unsigned)len);
            for (size_t k = 0; k <= len; k++) p16(&b, (uint8_t)strings[i][k]);
        }
    }
    while (b.n % 4) b.at[b.n++] = 0;
    set32(&b, pool + 4, (uint32_t)(b.n - pool));
    p16(&b, 0x180), p16(&b, 8), p32(&b, 12), p32(&b, 0x0101021b);
    size_t element = b.n;
    p16(&b, 0x102), p16(&b, 16), p32(&b, 0), p32(&b, 1), p32(&b, 0xffffffff);
    p32(&b, 0xffffffff), p32(&b, 2), p16(&b, 20), p16(&b, 20), p16(&b, 2), p16(&b, 0), p16(&b, 0), p16(&b, 0);
    p32(&b, 0xffffffff), p32(&b, 0), p32(&b, 0xffffffff), p16(&b, 8), p16(&b, 0x1000), p32(&b, version); // versionCode
    p32(&b, 0xffffffff), p32(&b, 1), p32(&b, 3), p16(&b, 8), p16(&b, 0x0300), p32(&b, 3);               // package
    set32(&b, element + 4, (uint32_t)(b.n - element));
    set32(&b, 4, (uint32_t)b.n);
    return b;
}

// A zip of one file. claimed: the size that its head claims.
static struct bytes zip_of(const char *name, const struct bytes *file, int deflated, uint32_t claimed) {
    struct bytes b = {.n = 0};
    static uint8_t packed[1 << 16];
    size_t n = file->n;
    memcpy(packed, file->at, n);
    if (deflated) {
        z_stream z = {.next_in = (Bytef *)file->at, .avail_in = (uInt)file->n, .next_out = packed, .avail_out = sizeof packed};
        deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
        deflate(&z, Z_FINISH);
        n = z.total_out;
        deflateEnd(&z);
    }
    uint32_t crc = (uint32_t)crc32(0, file->at, (uInt)file->n);
    size_t len = strlen(name);
    p32(&b, 0x04034b50), p16(&b, 20), p16(&b, 0), p16(&b, deflated ? 8 : 0), p32(&b, 0), p32(&b, crc);
    p32(&b, (uint32_t)n), p32(&b, claimed), p16(&b, (unsigned)len), p16(&b, 0), praw(&b, name, len), praw(&b, packed, n);
    size_t central = b.n;
    p32(&b, 0x02014b50), p16(&b, 20), p16(&b, 20), p16(&b, 0), p16(&b, deflated ? 8 : 0), p32(&b, 0), p32(&b, crc);
    p32(&b, (uint32_t)n), p32(&b, claimed), p16(&b, (unsigned)len), p16(&b, 0), p16(&b, 0), p16(&b, 0), p16(&b, 0);
    p32(&b, 0), p32(&b, 0), praw(&b, name, len);
    size_t size = b.n - central;
    p32(&b, 0x06054b50), p16(&b, 0), p16(&b, 0), p16(&b, 1), p16(&b, 1), p32(&b, (uint32_t)size), p32(&b, (uint32_t)central), p16(&b, 0);
    return b;
}

static struct bytes apk(const char *package, uint32_t version) {
    struct bytes m = manifest(package, 1, version);
    return zip_of("AndroidManifest.xml", &m, 1, (uint32_t)m.n);
}

static void manifests_of_both_encodings(void) {
    for (int utf8 = 0; utf8 < 2; utf8++) {
        struct manifest m;
        struct bytes b = manifest("org.example.app_2", utf8, 42);
        CHECK(manifest_parse(b.at, b.n, &m) == 0);
        CHECK(strcmp(m.package, "org.example.app_2") == 0 && m.version_code == 42 && !*m.split);
    }
}

static void names_that_are_no_packages(void) {
    static const char *const bad[] = {"", "app", "../../x", "a/b.c", "a.b/../c", ".a.b", "a..b", "a.b.", "1a.b", "a.1b", "a.b c", "a.b\n", "_a.b"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct manifest m;
        struct bytes b = manifest(bad[i], 1, 1);
        CHECK(!manifest_legal_package(bad[i]) && manifest_parse(b.at, b.n, &m) == -1);
    }
    CHECK(manifest_legal_package("com.example.App_1"));
}

// Every cut and every damaged byte: either an error or a legal name, never a crash (make SANITIZE=1 test looks closer).
static void damaged_manifests(void) {
    struct bytes b = manifest("org.example.app", 0, 1);
    struct manifest m;
    for (size_t n = 0; n < b.n; n++) {
        uint8_t *exact = malloc(n + 1);
        memcpy(exact, b.at, n);
        CHECK(manifest_parse(exact, n, &m) == -1);
        free(exact);
    }
    uint8_t *exact = malloc(b.n);
    for (size_t at = 0; at < b.n; at++)
        for (int v = 0; v < 4; v++) {
            memcpy(exact, b.at, b.n);
            exact[at] = (uint8_t[]){0, 0x7f, 0x80, 0xff}[v];
            if (manifest_parse(exact, b.n, &m) == 0) CHECK(manifest_legal_package(m.package));
        }
    free(exact);
}

static void zips(void) {
    struct bytes text = {.n = 0}, z;
    uint8_t *out = NULL;
    size_t n = 0;
    for (int i = 0; i < 1000; i++) praw(&text, "hello ", 6);
    for (int deflated = 0; deflated < 2; deflated++) {
        z = zip_of("f", &text, deflated, (uint32_t)text.n);
        CHECK(zip_read(z.at, z.n, "f", 1 << 20, &out, &n) == ZIP_OK && n == text.n && memcmp(out, text.at, n) == 0);
        free(out);
        CHECK(zip_read(z.at, z.n, "g", 1 << 20, &out, &n) == ZIP_NO_ENTRY);
        CHECK(zip_read(z.at, z.n, "f", 100, &out, &n) == ZIP_TOO_BIG);
        z.at[31 + 4] ^= 0xff; // the data does not fit its checksum any more
        CHECK(zip_read(z.at, z.n, "f", 1 << 20, &out, &n) == ZIP_DAMAGED);
    }
    z = zip_of("f", &text, 1, 10); // claims less than it unpacks to
    CHECK(zip_read(z.at, z.n, "f", 1 << 20, &out, &n) == ZIP_DAMAGED);
    z = zip_of("f", &text, 1, 0x7fffffff); // a bomb by its own word
    CHECK(zip_read(z.at, z.n, "f", 1 << 20, &out, &n) == ZIP_TOO_BIG);
    CHECK(zip_read((const uint8_t *)"no zip at all, but long enough", 30, "f", 99, &out, &n) == ZIP_NOT_A_ZIP);
    CHECK(zip_read((const uint8_t *)"PK", 2, "f", 99, &out, &n) == ZIP_NOT_A_ZIP);
}

static void damaged_zips(void) {
    struct bytes m = manifest("org.example.app", 1, 1), z = zip_of("AndroidManifest.xml", &m, 1, (uint32_t)m.n);
    uint8_t *exact = malloc(z.n), *out;
    size_t n;
    for (size_t at = 0; at < z.n; at++)
        for (int v = 0; v < 4; v++) {
            memcpy(exact, z.at, z.n);
            exact[at] = (uint8_t[]){0, 0x7f, 0x80, 0xff}[v];
            out = NULL;
            enum zip_error e = zip_read(exact, z.n, "AndroidManifest.xml", 1 << 16, &out, &n);
            CHECK(e == ZIP_OK || out == NULL);
            free(out);
        }
    free(exact);
}

static char root[] = "/tmp/pm-test-XXXXXX";

static const char *install(const struct bytes *b, unsigned flags) {
    char path[64], package[224];
    snprintf(path, sizeof path, "%s.apk", root);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (write(fd, b->at, b->n) != (ssize_t)b->n) return "cannot write";
    const char *error = packages_install(root, fd, flags, package);
    close(fd);
    unlink(path);
    return error;
}

static void count(const char *package, const char *path, int third, uint32_t version, void *cookie) {
    (void)package, (void)path, (void)third;
    *(int *)cookie += (int)version;
}

static void installing(void) {
    struct bytes one = apk("org.example.one", 5), newer = apk("org.example.one", 6), two = apk("org.example.two", 100);
    char path[400];
    int sum = 0;
    CHECK(install(&one, 0) == NULL);
    CHECK(packages_path(root, "org.example.one", path, sizeof path) == 0 && strstr(path, "/org.example.one/base.apk"));
    struct stat st;
    CHECK(stat(path, &st) == 0 && (size_t)st.st_size == one.n && (st.st_mode & 0777) == 0644);
    const char *error = install(&newer, 0);
    CHECK(error && strncmp(error, "INSTALL_FAILED_ALREADY_EXISTS", 29) == 0);
    CHECK(install(&newer, INSTALL_REPLACE) == NULL);
    error = install(&one, INSTALL_REPLACE);
    CHECK(error && strncmp(error, "INSTALL_FAILED_VERSION_DOWNGRADE", 32) == 0);
    CHECK(install(&one, INSTALL_REPLACE | INSTALL_ALLOW_DOWNGRADE) == NULL);
    CHECK(install(&two, 0) == NULL);
    packages_list(root, "/nonexistent", count, &sum);
    CHECK(sum == 105);
    CHECK(packages_remove(root, "org.example.one") == NULL && packages_remove(root, "org.example.one") != NULL);
    CHECK(packages_path(root, "org.example.one", path, sizeof path) == -1);
    CHECK(packages_remove(root, "../../etc") != NULL);
}

static void hostile_apks_leave_nothing(void) {
    static const char *const names[] = {"../../../../tmp/evil", "..", "a.b/../../x", "/etc/passwd"};
    for (size_t i = 0; i < 4; i++) {
        struct bytes b = apk(names[i], 1);
        const char *error = install(&b, 0);
        CHECK(error && strncmp(error, "INSTALL_PARSE_FAILED_MANIFEST_MALFORMED", 39) == 0);
    }
    struct bytes m = manifest("org.example.slip", 1, 1), slip = zip_of("../AndroidManifest.xml", &m, 0, (uint32_t)m.n);
    const char *error = install(&slip, 0);
    CHECK(error && strncmp(error, "INSTALL_PARSE_FAILED_NOT_APK", 28) == 0);
    struct bytes junk = {.n = 4096};
    error = install(&junk, 0);
    CHECK(error && strncmp(error, "INSTALL_FAILED_INVALID_APK", 26) == 0);
    char command[128], package[224];
    snprintf(command, sizeof command, "test \"$(ls -A %s)\" = org.example.two", root);
    CHECK(system(command) == 0);
    int fd = open("/", O_RDONLY);
    error = packages_install(root, fd, 0, package);
    CHECK(error && strncmp(error, "INSTALL_FAILED_INVALID_URI", 26) == 0);
    close(fd);
}

int main(void) {
    if (!mkdtemp(root)) return 1;
    RUN(manifests_of_both_encodings);
    RUN(names_that_are_no_packages);
    RUN(damaged_manifests);
    RUN(zips);
    RUN(damaged_zips);
    RUN(installing);
    RUN(hostile_apks_leave_nothing);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", root);
    return system(command) == 0 ? DONE() : 1;
}
