// The property area against the literal bytes that real Android 16 writes, and readers against a busy writer.
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "prop/area.h"
#include "prop/contexts.h"
#include "prop/prop.h"
#include "test/check.h"

static char dir[] = "/tmp/prop-test-XXXXXX";

static const char *in_dir(const char *name) {
    static char path[4][256];
    static int turn;
    char *p = path[turn++ % 4];
    snprintf(p, sizeof path[0], "%s/%s", dir, name);
    return p;
}

static uint32_t u32(const uint8_t *file, size_t offset) {
    uint32_t v;
    memcpy(&v, file + offset, 4);
    return v;
}

static void empty_area_has_the_bytes_of_android(void) {
    struct area a;
    CHECK(area_create(&a, in_dir("empty")) == 0);
    static const uint8_t header[16] = {0x70, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x52, 0x4f, 0x50, 0xab, 0xd0, 0x6e, 0xfc};
    CHECK(memcmp(a.map, header, sizeof header) == 0);
    for (size_t i = 16; i < AREA_SIZE; i++)
        if (a.map[i]) {
            CHECK(!"bytes behind the header of an empty area are zero");
            break;
        }
    struct stat st;
    CHECK(stat(in_dir("empty"), &st) == 0 && (st.st_mode & 07777) == 0444 && st.st_size == 131072);
    area_close(&a);
}

static void one_property_has_the_bytes_of_android(void) {
    struct area a;
    CHECK(area_create(&a, in_dir("one")) == 0);
    CHECK(area_add(&a, "ro.boot", "1") == 0);
    static const uint8_t nodes[] = {
        // @112: node "ro": length 2, no prop, no siblings, children at 136; name, NUL, pad
        2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 136, 0, 0, 0, 'r', 'o', 0, 0,
        // @136: node "boot": length 4, prop at 164; name, NUL, pad
        4, 0, 0, 0, 164, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'b', 'o', 'o', 't', 0, 0, 0, 0,
        // @164: prop: serial with length 1 in the top byte, value
        0, 0, 0, 1, '1', 0};
    CHECK(u32(a.map, 128 + 16) == 112); // root's children
    CHECK(memcmp(a.map + 128 + 112, nodes, sizeof nodes) == 0);
    CHECK(strcmp((char *)a.map + 128 + 164 + 96, "ro.boot") == 0);
    CHECK(u32(a.map, 0) == 164 + 96 + 8);
    CHECK(area_find(&a, "ro.boot") == 164);
    CHECK(area_find(&a, "ro") == 0 && area_find(&a, "ro.boo") == 0 && area_find(&a, "ro.boot.x") == 0);
    area_close(&a);
}

static void siblings_are_ordered_by_length_then_bytes(void) {
    struct area a;
    CHECK(area_create(&a, in_dir("siblings")) == 0);
    CHECK(area_add(&a, "mm", "") == 0 && area_add(&a, "z", "") == 0 && area_add(&a, "aaa", "") == 0 &&
          area_add(&a, "ma", "") == 0);
    const uint8_t *data = a.map + 128;
    uint32_t mm = u32(data, 16), left = u32(data, mm + 8), right = u32(data, mm + 12);
    CHECK(memcmp(data + mm + 20, "mm", 3) == 0);
    CHECK(memcmp(data + left + 20, "z", 2) == 0);   // shorter
    CHECK(memcmp(data + right + 20, "aaa", 4) == 0); // longer, though its bytes are smaller
    CHECK(memcmp(data + u32(data, left + 12) + 20, "ma", 3) == 0); // same length as mm, smaller bytes, longer than z
    area_close(&a);
}

static void update_counts_in_the_serial(void) {
    struct area a;
    char v[PROP_VALUE_MAX];
    uint32_t serial;
    CHECK(area_create(&a, in_dir("update")) == 0 && area_add(&a, "a.b", "first") == 0);
    uint32_t p = area_find(&a, "a.b");
    CHECK(u32(a.map, 128 + p) == 0x05000000);
    CHECK(area_update(&a, p, "second!") == 0);
    CHECK(u32(a.map, 128 + p) == 0x07000002);
    CHECK(memcmp(a.map + 128 + 20, "first", 6) == 0); // the backup keeps the value before
    CHECK(area_read(&a, p, v, sizeof v, &serial) == 7 && strcmp(v, "second!") == 0 && serial == 0x07000002);
    CHECK(area_read(&a, p, v, 4, NULL) == 7 && strcmp(v, "sec") == 0);
    CHECK(u32(a.map, 4) == 0); // a file's own header serial stays 0
    char big[PROP_VALUE_MAX + 1];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = 0;
    CHECK(area_update(&a, p, big) == -1 && errno == EINVAL);
    CHECK(area_add(&a, "a..b", "") == -1 && errno == EINVAL);
    area_close(&a);
}

static void long_value_is_behind_an_offset(void) {
    struct area a;
    char value[301], v[400];
    memset(value, 'v', 300);
    value[300] = 0;
    CHECK(area_create(&a, in_dir("long")) == 0 && area_add(&a, "ro.long", value) == 0);
    uint32_t p = area_find(&a, "ro.long");
    CHECK(u32(a.map, 128 + p) == 0x32010000); // 50, the hint's length, and bit 16
    CHECK(strcmp((char *)a.map + 128 + p + 4, "Must use __system_property_read_callback() to read") == 0);
    CHECK(memcmp(a.map + 128 + p + u32(a.map, 128 + p + 4 + 56), value, 301) == 0);
    CHECK(area_read(&a, p, v, sizeof v, NULL) == 300 && strcmp(v, value) == 0);
    CHECK(area_update(&a, p, "x") == -1);
    area_close(&a);
}

static void full_area_says_so(void) {
    struct area a;
    char name[64];
    int n = 0, count = 0;
    CHECK(area_create(&a, in_dir("full")) == 0);
    while (snprintf(name, sizeof name, "k.n%d", n), area_add(&a, name, "v") == 0) n++;
    CHECK(errno == ENOMEM && n > 800);
    for (int i = 0; i < n; i++) {
        snprintf(name, sizeof name, "k.n%d", i);
        count += area_find(&a, name) != 0;
    }
    CHECK(count == n);
    area_close(&a);
}

static int count_prop(const struct area *a, uint32_t prop, void *count) {
    (void)a, (void)prop;
    return ++*(int *)count > 1000;
}

static void damaged_files_are_refused_or_harmless(void) {
    struct area a;
    int fd = open(in_dir("damaged"), O_RDWR | O_CREAT, 0644);
    CHECK(ftruncate(fd, 64) == 0 && area_open(&a, in_dir("damaged")) == -1 && errno == EINVAL);
    CHECK(ftruncate(fd, 4096) == 0 && area_open(&a, in_dir("damaged")) == -1 && errno == EINVAL);
    uint32_t header[] = {112, 0, AREA_MAGIC, AREA_VERSION}, far = 0xfffffffc, self = 0;
    CHECK(pwrite(fd, header, sizeof header, 0) == sizeof header && pwrite(fd, &far, 4, 128 + 16) == 4);
    CHECK(area_open(&a, in_dir("damaged")) == 0 && area_find(&a, "a.b") == 0);
    area_close(&a);
    CHECK(pwrite(fd, &self, 4, 128 + 16) == 4 && pwrite(fd, &(uint32_t){8}, 4, 128 + 8) == 4);
    int count = 0; // the root is its own left sibling
    CHECK(area_open(&a, in_dir("damaged")) == 0 && area_foreach(&a, count_prop, &count) == 0 && count == 0);
    area_close(&a);
    close(fd);
}

// Two values that can be told from any mixture of them: length and every byte agree.
static int whole(const char *v, int len) {
    if (len != (v[0] == 'a' ? 80 : 9)) return 0;
    for (int i = 0; i < len; i++)
        if (v[i] != v[0]) return 0;
    return v[0] == 'a' || v[0] == 'b';
}

static void readers_never_see_a_torn_value(void) {
    struct area w;
    char a[81], b[10];
    memset(a, 'a', 80);
    a[80] = 0;
    memset(b, 'b', 9);
    b[9] = 0;
    CHECK(area_create(&w, in_dir("busy")) == 0 && area_add(&w, "busy.value", a) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        uint32_t p = area_find(&w, "busy.value");
        for (;;) {
            area_update(&w, p, b);
            area_update(&w, p, a);
        }
    }
    struct area r;
    CHECK(area_open(&r, in_dir("busy")) == 0);
    uint32_t p = area_find(&r, "busy.value"), serial, last = 0;
    int torn = 0, changes = 0;
    time_t give_up = time(NULL) + 60;
    // With one processor and a busy machine a change is seen only after each has been let run in turn.
    for (int i = 0; i < 200000 || (changes < 100 && time(NULL) < give_up); i++) {
        char v[PROP_VALUE_MAX];
        int n = area_read(&r, p, v, sizeof v, &serial);
        torn += !whole(v, n);
        changes += serial != last;
        last = serial;
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    CHECK(torn == 0);
    CHECK(changes >= 100);
    area_close(&r);
    area_close(&w);
}

// Waits until the process sleeps.
static void until_asleep(pid_t pid) {
    char path[64], state = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    for (time_t give_up = time(NULL) + 60; state != 'S' && time(NULL) < give_up; usleep(1000)) {
        FILE *f = fopen(path, "r");
        if (!f || fscanf(f, "%*d (%*[^)]) %c", &state) != 1) state = 0;
        if (f) fclose(f);
    }
}

static void waiting_ends_with_the_change(void) {
    struct area serial;
    CHECK(area_create(&serial, in_dir(CONTEXT_SERIAL)) == 0);
    prop_use(dir, "/nonexistent");
    uint32_t old = prop_serial();
    CHECK(old == 0 && prop_wait(old, 20) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        until_asleep(getppid());
        area_bump(&serial);
        _exit(0);
    }
    CHECK(prop_wait(old, 60000) == 1 && prop_serial() == 1);
    waitpid(pid, NULL, 0);
    CHECK(prop_wait(old, 0) == 1);
    CHECK(prop_set("a.b", "c") == -1 && errno == ENOENT);
    area_close(&serial);
}

static void contexts_choose_the_longest_prefix(void) {
    static const char *const want[][2] = {
        {"ro.boot.hardware", "u:object_r:bootloader_prop:s0"}, {"ro.boottime.init", "u:object_r:boottime_prop:s0"},
        {"sys.boot_completed", "u:object_r:system_prop:s0"},    {"sys.powerctl", "u:object_r:powerctl_prop:s0"},
        {"init.svc.zygote", "u:object_r:init_service_status_prop:s0"}, {"whatever", "u:object_r:default_prop:s0"},
    };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        CHECK(strcmp(context_file(context_of(want[i][0])), want[i][1]) == 0);
    for (int i = 0; i < CONTEXT_COUNT; i++) CHECK(context_file(i) != NULL);
}

static void numbers(void) {
    struct area a;
    CHECK(area_create(&a, in_dir(context_file(0))) == 0);
    area_add(&a, "n.ten", "10");
    area_add(&a, "n.hex", "0x20");
    area_add(&a, "n.bad", "10px");
    area_add(&a, "n.huge", "99999999999");
    area_add(&a, "n.empty", "");
    prop_use(dir, "/nonexistent");
    CHECK(prop_get_int("n.ten", -1) == 10 && prop_get_int("n.hex", -1) == 32);
    CHECK(prop_get_int("n.bad", -1) == -1 && prop_get_int("n.huge", -1) == -1);
    CHECK(prop_get_int("n.empty", -1) == -1 && prop_get_int("n.none", 7) == 7);
    char v[8];
    CHECK(prop_get("n.empty", v, sizeof v) == 0 && prop_get("n.none", v, sizeof v) == -1 && v[0] == 0);
    area_close(&a);
}

int main(void) {
    if (!mkdtemp(dir)) return 1;
    RUN(empty_area_has_the_bytes_of_android);
    RUN(one_property_has_the_bytes_of_android);
    RUN(siblings_are_ordered_by_length_then_bytes);
    RUN(update_counts_in_the_serial);
    RUN(long_value_is_behind_an_offset);
    RUN(full_area_says_so);
    RUN(damaged_files_are_refused_or_harmless);
    RUN(readers_never_see_a_torn_value);
    RUN(waiting_ends_with_the_change);
    RUN(contexts_choose_the_longest_prefix);
    RUN(numbers);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command) == 0 ? DONE() : 1;
}
