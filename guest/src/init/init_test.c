// The pure parts of init: arguments, .rc text, persistent properties.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "init/bootargs.h"
#include "init/persist.h"
#include "init/propservice.h"
#include "init/rc.h"
#include "init/store.h"
#include "prop/prop.h"
#include "test/check.h"

static char seen[1024];

static void note(const char *name, const char *value, void *cookie) {
    (void)cookie;
    snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "%s=%s;", name, value);
}

static void boot_arguments(void) {
    static const struct {
        const char *text;
        int overrides, found;
        const char *want;
    } cases[] = {
        {"androidboot.hardware=redroid", 1, 1, "ro.boot.hardware=redroid;"},
        {"androidboot.a=1 androidboot.b=2", 1, 2, "ro.boot.a=1;ro.boot.b=2;"}, // redroid splits one argument at blanks too
        {"quiet ro.x=1 androidboot.a=b=c\n", 0, 1, "ro.boot.a=b=c;"},
        {"ro.x=1", 1, 0, "ro.x=1;"},
        {"androidboot.a=\"b c\" root=/dev/vda", 0, 1, "ro.boot.a=b c;"},
        {"androidboot.=1 androidboot androidboot.flag persist.x=1", 1, 0, ""},
        {"", 1, 0, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        seen[0] = 0;
        CHECK(bootargs_parse(cases[i].text, cases[i].overrides, note, NULL) == cases[i].found);
        CHECK(strcmp(seen, cases[i].want) == 0);
    }
}

static void line(int number, int count, char **words, void *cookie) {
    (void)cookie;
    snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "%d:", number);
    for (int i = 0; i < count; i++) snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "[%s]", words[i]);
    CHECK(words[count] == NULL);
}

static void rc_text(void) {
    seen[0] = 0;
    rc_parse("# comment\n\non boot\n    write /x \"two words\" # comment no more, a word\n"
             "  setprop a \\\n   b\n\techo \"\"  a\\ttab\nlast", line, NULL);
    CHECK(strcmp(seen, "3:[on][boot]4:[write][/x][two words][#][comment][no][more,][a][word]5:[setprop][a][b]"
                       "7:[echo][][a\ttab]8:[last]") == 0);
}

static void persistent_properties_are_androids_protobuf(void) {
    static const uint8_t bytes[] = {0x0a, 12, 0x0a, 7, 'p', '.', 'a', 'b', 'c', 'd', 'e', 0x12, 1, '1',
                                    0x0a, 6, 0x0a, 1, 'q', 0x12, 1, 'z'};
    struct persist_records r = {0};
    size_t n;
    CHECK(persist_decode(bytes, sizeof bytes, &r) == 0 && r.count == 2);
    CHECK(strcmp(r.items[0].name, "p.abcde") == 0 && strcmp(r.items[0].value, "1") == 0 && strcmp(r.items[1].value, "z") == 0);
    uint8_t *back = persist_encode(&r, &n);
    CHECK(back && n == sizeof bytes && memcmp(back, bytes, n) == 0);
    free(back);
    CHECK(persist_put(&r, "q", "new") == 0 && r.count == 2 && strcmp(r.items[1].value, "new") == 0);
    persist_free(&r);
    for (size_t cut = 1; cut < sizeof bytes; cut++) {
        if (cut == 14) continue; // the end of the first record
        CHECK(persist_decode(bytes, cut, &r) == -1 && r.count <= 1);
        persist_free(&r);
    }
}

static void names(void) {
    static const char *const good[] = {"a", "ro.boot.x", "a-b_c@d:e.1"}, *const bad[] = {"", ".a", "a.", "a..b", "a b", "a/b", "ä"};
    for (size_t i = 0; i < 3; i++) CHECK(store_legal_name(good[i]));
    for (size_t i = 0; i < 7; i++) CHECK(!store_legal_name(bad[i]));
}

static char dir[] = "/tmp/init-test-XXXXXX";

static void store_rules(void) {
    char long_value[200];
    memset(long_value, 'x', sizeof long_value - 1);
    long_value[sizeof long_value - 1] = 0;
    CHECK(store_create(dir) == 0);
    CHECK(store_set("ro.once", "1") == PROP_SUCCESS && store_set("ro.once", "1") == PROP_ERROR_READ_ONLY);
    CHECK(store_set("x.y", "1") == PROP_SUCCESS && store_set("x.y", "2") == PROP_SUCCESS);
    CHECK(store_set("x.y", long_value) == PROP_ERROR_INVALID_VALUE && store_set("ro.long", long_value) == PROP_SUCCESS);
    CHECK(store_set("x..y", "1") == PROP_ERROR_INVALID_NAME);
    CHECK(store_set("x.utf8", "h\xc3\xa9") == PROP_SUCCESS && store_set("x.bad", "\xc3(") == PROP_ERROR_INVALID_VALUE);
    CHECK(store_set("x.overlong", "\xc0\x80") == PROP_ERROR_INVALID_VALUE);
}

// One connection with these bytes, served; the answer's u32 or, when there was none, 0xffffffff.
static uint32_t served(int listener, const char *path, const void *bytes, size_t n) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    uint32_t result = 0xffffffff;
    strcpy(at.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(connect(fd, (struct sockaddr *)&at, sizeof at) == 0 && send(fd, bytes, n, 0) == (ssize_t)n);
    shutdown(fd, SHUT_WR); // a client that says too little is known at once, not after init's two seconds
    propservice_serve(listener);
    if (recv(fd, &result, 4, MSG_DONTWAIT) != 4) result = 0xffffffff;
    close(fd);
    return result;
}

static void property_service_speaks_both_messages(void) {
    char path[64], value[PROP_VALUE_MAX];
    snprintf(path, sizeof path, "%s/socket", dir);
    int listener = propservice_listen(path);
    CHECK(listener >= 0);
    prop_use(dir, path);

    char old[4 + 32 + 92] = {1, 0, 0, 0, 't', '.', 'o', 'l', 'd'};
    strcpy(old + 4 + 32, "value");
    CHECK(served(listener, path, old, sizeof old) == 0xffffffff); // no answer: the connection just ends
    CHECK(prop_get("t.old", value, sizeof value) == 5 && strcmp(value, "value") == 0);
    CHECK(served(listener, path, old, 40) == 0xffffffff);

    static const uint8_t new[] = {1, 0, 2, 0, 5, 0, 0, 0, 't', '.', 'n', 'e', 'w', 2, 0, 0, 0, 'o', 'k'};
    CHECK(served(listener, path, new, sizeof new) == PROP_SUCCESS);
    CHECK(prop_get("t.new", value, sizeof value) == 2 && strcmp(value, "ok") == 0);
    for (size_t cut = 4; cut < sizeof new; cut++) CHECK(served(listener, path, new, cut) == PROP_ERROR_READ_DATA);

    static const uint8_t huge[] = {1, 0, 2, 0, 0xff, 0xff, 0xff, 0x7f, 'x'}, unknown[] = {9, 9, 9, 9};
    CHECK(served(listener, path, huge, sizeof huge) == PROP_ERROR_READ_DATA);
    CHECK(served(listener, path, unknown, sizeof unknown) == PROP_ERROR_INVALID_CMD);
    static const uint8_t status[] = {1, 0, 2, 0, 10, 0, 0, 0, 'i', 'n', 'i', 't', '.', 's', 'v', 'c', '.', 'x', 1, 0, 0, 0, '1'};
    CHECK(served(listener, path, status, sizeof status) == PROP_ERROR_PERMISSION_DENIED);
    close(listener);
}

int main(void) {
    if (!mkdtemp(dir)) return 1;
    RUN(boot_arguments);
    RUN(rc_text);
    RUN(persistent_properties_are_androids_protobuf);
    RUN(names);
    RUN(store_rules);
    RUN(property_service_speaks_both_messages);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command) == 0 ? DONE() : 1;
}
