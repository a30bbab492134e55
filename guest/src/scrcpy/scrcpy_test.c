// Bytes ⇔ values of scrcpy's protocol, the pointer table and the colour conversion, without a phone.
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scrcpy/ln.h"
#include "scrcpy/options.h"
#include "scrcpy/picture.h"
#include "scrcpy/pointers.h"
#include "scrcpy/reader.h"
#include "scrcpy/stream.h"
#include "scrcpy/typable.h"
#include "test/check.h"

// What a reader of `version` makes of these bytes, sent one by one when `slowly`.
static int read_one(int version, const void *bytes, size_t n, struct message *m, struct reader *r)
{
    int p[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, p) < 0 || write(p[1], bytes, n) != (ssize_t)n) return -2;
    shutdown(p[1], SHUT_WR);
    *r = (struct reader){.fd = p[0], .version = version};
    int result = reader_next(r, m);
    close(p[0]);
    close(p[1]);
    return result;
}
#define READ(version, ...) read_one(version, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), &m, &r)

static void every_message_has_its_layout(void)
{
    struct message m;
    struct reader r;
    int v = VERSION(4, 1, 0);
    CHECK(READ(v, 0, 1, 0, 0, 0, 66, 0, 0, 0, 5, 0, 0, 16, 65) == 1);
    CHECK(m.type == MSG_INJECT_KEYCODE && m.action == 1 && m.keycode == 66 && m.repeat == 5 && m.meta == 0x1041);
    CHECK(READ(v, 1, 0, 0, 0, 3, 0xe6, 0xbc, 0xa2) == 1);
    CHECK(m.text_n == 3 && strcmp(m.text, "漢") == 0);
    reader_free(&r);
    CHECK(READ(v, 2, 2, 0x12, 0x34, 0x56, 0x78, 0x87, 0x65, 0x43, 0x21, 0, 0, 0, 100, 0xff, 0xff, 0xff, 0x38, 0x04, 0x38, 0x07, 0x80, 0xff, 0xff,
               0, 0, 0, 1, 0, 0, 0, 3) == 1);
    CHECK(m.action == 2 && m.id == 0x1234567887654321 && m.x == 100 && m.y == -200 && m.width == 1080 && m.height == 1920);
    CHECK(m.pressure == 1 && m.action_button == 1 && m.buttons == 3);
    CHECK(READ(v, 3, 0, 0, 1, 4, 0, 0, 4, 2, 4, 0x38, 7, 0x80, 0x7f, 0xff, 0xf8, 0, 0, 0, 0, 1) == 1);
    CHECK(m.x == 260 && m.y == 1026 && m.hscroll == 16 && m.vscroll == -1 && m.buttons == 1);
    CHECK(READ(VERSION(3, 3, 0), 3, 0, 0, 1, 4, 0, 0, 4, 2, 4, 0x38, 7, 0x80, 0x7f, 0xff, 0xf8, 0, 0, 0, 0, 1) == 1 && m.hscroll == 1);
    CHECK(READ(v, 4, 1) == 1 && m.action == 1);
    for (uint8_t empty = 5; empty <= 7; empty++) CHECK(READ(v, empty) == 1 && m.type == empty);
    CHECK(READ(v, 8, 2) == 1 && m.flag == 2);
    CHECK(READ(v, 9, 1, 2, 3, 4, 5, 6, 7, 8, 1, 0, 0, 0, 2, 'h', 'i') == 1);
    CHECK(m.id == 0x0102030405060708 && m.flag == 1 && strcmp(m.text, "hi") == 0);
    reader_free(&r);
    CHECK(READ(v, 10, 1) == 1 && m.flag == 1);
    CHECK(READ(v, 11) == 1);
    CHECK(READ(v, 12, 0, 42, 0x12, 0x34, 0x56, 0x78, 2, 'a', 'b', 0, 3, 1, 2, 3) == 1 && m.id == 42 && m.text_n == 3);
    reader_free(&r);
    CHECK(READ(v, 13, 0, 42, 0, 2, 9, 9) == 1 && m.text_n == 2);
    reader_free(&r);
    CHECK(READ(v, 14, 0, 42) == 1 && m.id == 42);
    CHECK(READ(v, 15) == 1);
    CHECK(READ(v, 16, 3, '+', '?', 'x') == 1 && strcmp(m.text, "+?x") == 0);
    reader_free(&r);
    CHECK(READ(v, 17) == 1);
    CHECK(READ(v, 18, 1) == 1 && m.flag == 1);
    CHECK(READ(v, 19) == 1 && READ(v, 20) == 1);
    CHECK(READ(v, 21, 4, 0x38, 7, 0x80) == 1 && m.width == 1080 && m.height == 1920);
    CHECK(READ(v, 22, 0, 0, 0, 2, '/', 'a') == 1 && strcmp(m.text, "/a") == 0);
    reader_free(&r);
}

static void releases_know_their_own_messages(void)
{
    struct message m;
    struct reader r;
    CHECK(READ(VERSION(4, 1, 0), 23) == -1 && READ(VERSION(4, 0, 0), 22, 0, 0, 0, 0) == -1);
    CHECK(READ(VERSION(3, 3, 4), 18, 1) == -1 && READ(VERSION(3, 3, 4), 17) == 1);
    CHECK(READ(VERSION(2, 7, 0), 16, 0) == -1 && READ(VERSION(2, 3, 0), 12, 0, 1, 0, 0) == -1);
    CHECK(READ(VERSION(2, 4, 0), 14) == 1 && m.type == MSG_OPEN_HARD_KEYBOARD_SETTINGS);
    CHECK(READ(VERSION(2, 4, 0), 12, 0, 7, 0, 1, 9) == 1 && m.id == 7 && m.text_n == 1);
    reader_free(&r);
    CHECK(READ(VERSION(3, 0, 0), 12, 0, 7, 1, 'n', 0, 1, 9) == 1 && m.text_n == 1);
    reader_free(&r);
}

static void a_cut_or_endless_message_ends_it(void)
{
    struct message m;
    struct reader r;
    CHECK(READ(VERSION(4, 1, 0), 0, 1, 0, 0) == 0);
    CHECK(READ(VERSION(4, 1, 0), 1, 0, 0, 0, 9, 'x') == 0);
    reader_free(&r);
    CHECK(READ(VERSION(4, 1, 0), 1, 0xff, 0xff, 0xff, 0xff) == -1);
    reader_free(&r);
}

static void pointers_are_freed_by_up_alone(void)
{
    struct pointers p = {0};
    struct win_pointer out[WIN_POINTERS];
    for (uint64_t id = 0; id < WIN_POINTERS; id++) CHECK(pointers_index(&p, 100 + id) == (int)id);
    CHECK(pointers_index(&p, 7) == -1 && pointers_index(&p, 103) == 3);
    p.at[3].up = true;
    CHECK(pointers_update(&p, out) == 10 && out[3].id == 3 && p.count == 9);
    // The freed local id is the next to be given out, at the end of the list.
    CHECK(pointers_index(&p, 7) == 9 && p.at[9].local == 3 && pointers_update(&p, out) == 10 && p.count == 10);
}

static void packets_differ_by_dialect(void)
{
    static const uint8_t v4[] = {0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 'c', 0x20, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 1, 'k', 0x80, 0, 0, 1, 0, 0, 2, 0xd0, 0, 0, 5, 0};
    static const uint8_t v3[] = {0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 'c', 0x40, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 1, 'k'};
    for (int dialect = 3; dialect <= 4; dialect++) {
        struct options o = {.version = VERSION(dialect, 0, 0), .send_stream_meta = true, .send_frame_meta = true};
        uint8_t got[64];
        int p[2];
        CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, p) == 0);
        struct stream s = stream_of(p[0], CODEC_H264, &o);
        CHECK(stream_packet(&s, "c", 1, 0, true, false) == 0 && stream_packet(&s, "k", 1, 5, false, true) == 0 && stream_session(&s, 720, 1280, true) == 0);
        ssize_t n = recv(p[1], got, sizeof got, 0);
        if (dialect == 4) CHECK(n == sizeof v4 && memcmp(got, v4, sizeof v4) == 0);
        else CHECK(n == sizeof v3 && memcmp(got, v3, sizeof v3) == 0);
        close(p[1]);
        CHECK(stream_packet(&s, "x", 1, 9, false, false) == -1);
        close(p[0]);
    }
}

static void colours_become_limited_range(void)
{
    static const struct { uint32_t rgb; uint8_t y, u, v; } want[] = {
        {0x000000, 16, 128, 128}, {0xffffff, 235, 128, 128}, {0xff0000, 82, 90, 240}, {0x00ff00, 145, 54, 34}, {0x0000ff, 41, 240, 110}};
    uint32_t px[16 * 16];
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        struct picture p = {0};
        for (int k = 0; k < 256; k++) px[k] = want[i].rgb;
        // As it is, halved, and grown.
        for (int size = 8; size <= 32; size *= 2) {
            CHECK(picture_init(&p, size, size, (struct rect){0, 0, 16, 16}) == 0);
            picture_take(&p, px, 16, (struct rect){0, 0, 16, 16});
            int last = size - 1;
            CHECK(abs(p.plane[0][last * p.stride[0] + last] - want[i].y) <= 1 && abs(p.plane[1][last / 2 * p.stride[1] + last / 2] - want[i].u) <= 1 &&
                  abs(p.plane[2][last / 2 * p.stride[2] + last / 2] - want[i].v) <= 1);
        }
        picture_free(&p);
    }
}

static void only_what_changed_is_converted(void)
{
    uint32_t px[16 * 16];
    struct picture p = {0};
    memset(px, 0, sizeof px);
    picture_init(&p, 16, 16, (struct rect){0, 0, 16, 16});
    picture_take(&p, px, 16, (struct rect){0, 0, 16, 16});
    memset(px, 0xff, sizeof px);
    picture_take(&p, px, 16, (struct rect){8, 8, 9, 9});
    CHECK(p.plane[0][8 * p.stride[0] + 8] == 235 && p.plane[0][0] == 16 && p.plane[0][15 * p.stride[0] + 15] == 16);
    picture_free(&p);
}

static uint16_t units[8];
static int unit_count;
static void note_unit(uint16_t unit) { units[unit_count++ % 8] = unit; }

static void the_strict_keyboard_is_androids(void)
{
    char text[] = "aé×漢b😀ÿ\xc3";
    size_t n = typable(text, sizeof text - 1, note_unit);
    CHECK(n == 6 && memcmp(text, "aébÿ", 6) == 0);
    CHECK(unit_count == 5 && units[0] == 0xd7 && units[1] == 0x6f22 && units[2] == 0xd83d && units[3] == 0xde00 && units[4] == 0xfffd);
}

int main(void)
{
    ln_threshold(LN_ERROR + 1);
    RUN(every_message_has_its_layout);
    RUN(releases_know_their_own_messages);
    RUN(a_cut_or_endless_message_ends_it);
    RUN(pointers_are_freed_by_up_alone);
    RUN(packets_differ_by_dialect);
    RUN(colours_become_limited_range);
    RUN(only_what_changed_is_converted);
    RUN(the_strict_keyboard_is_androids);
    return DONE();
}
