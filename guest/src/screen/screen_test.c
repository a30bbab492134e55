// The parts of the screen that can be told from their bytes alone.
#include <string.h>

#include "screen/canvas.h"
#include "screen/notes.h"
#include "screen/pattern.h"
#include "test/check.h"

static void pattern_has_the_bytes_of_its_page(void)
{
    uint8_t got[PATTERN_BYTES];
    static const uint8_t want[PATTERN_BYTES] = {0xa5, 0x3c, 1, 2, 3, 4, 0x0a, 0x0b, 0x0c, 0x0d, 0xd3, 0x2e};
    pattern_bytes(got, PATTERN_MOTION, 60, 0x01020304, 0x0a0b0c0d);
    CHECK(memcmp(got, want, sizeof want) == 0);
}

static void notes_moves_by_characters(void)
{
    struct note n;
    note_init(&n);
    CHECK(note_insert(&n, "aé漢😀", 10));
    CHECK(n.caret == 10 && n.length == 10);
    size_t at = 10;
    static const size_t stops[] = {6, 3, 1, 0, 0};
    for (int i = 0; i < 5; i++) CHECK((at = note_step(&n, at, -1)) == stops[i]);
    CHECK(note_step(&n, 3, 1) == 6 && note_step(&n, 10, 1) == 10);
    note_backspace(&n);
    CHECK(strcmp(n.text, "aé漢") == 0);
    note_move(&n, 1, false);
    note_delete(&n);
    CHECK(strcmp(n.text, "a漢") == 0 && n.caret == 1);
    note_free(&n);
}

static void notes_replaces_what_is_selected(void)
{
    struct note n;
    size_t from, to;
    note_init(&n);
    note_insert(&n, "one two three", 13);
    note_move(&n, note_word(&n, 13, -1), false);
    note_move(&n, note_word(&n, n.caret, -1), true);
    note_selection(&n, &from, &to);
    CHECK(from == 4 && to == 8);
    note_insert(&n, "2 ", 2);
    CHECK(strcmp(n.text, "one 2 three") == 0 && n.caret == 6 && n.anchor == 6);
    char big[64] = {0};
    CHECK(!note_insert(&n, big, NOTE_MAX));
    CHECK(strcmp(n.text, "one 2 three") == 0);
    note_free(&n);
}

static void malformed_utf8_is_passed_byte_by_byte(void)
{
    static const char *const bad[] = {"\x80", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff", "\xe2\x82"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *s = bad[i];
        CHECK(utf8_next(&s) == 0xfffd && s == bad[i] + 1);
    }
    const char *good = "é漢😀";
    CHECK(utf8_next(&good) == 0xe9 && utf8_next(&good) == 0x6f22 && utf8_next(&good) == 0x1f600 && utf8_next(&good) == 0);
}

static void shapes_stay_inside_their_clip(void)
{
    static uint32_t px[40 * 40];
    struct canvas c = {px, 40, 40, {10, 10, 30, 30}};
    fill(&c, (struct rect){-5, -5, 60, 60}, 0xff112233);
    fill_round(&c, (struct rect){-20, 0, 60, 35}, 12, 0x80ffffff);
    fill_circle(&c, 20, 20, 100, 0xff445566);
    line(&c, -100, -100, 200, 200, 9, 0xffffffff);
    ring(&c, 20, 20, 18, 4, 0xff00ff00);
    arc(&c, 20, 20, 15, 3, -0.2, 0.3, 0xff0000ff);
    shadow(&c, (struct rect){5, 5, 35, 35}, 6, 8, 0x80000000);
    int touched = 0, outside = 0;
    for (int i = 0; i < 40 * 40; i++) {
        bool inside = rect_has(c.clip, i % 40, i / 40);
        touched += inside && px[i];
        outside += !inside && px[i];
    }
    CHECK(touched == 20 * 20 && outside == 0);
}

int main(void)
{
    RUN(pattern_has_the_bytes_of_its_page);
    RUN(notes_moves_by_characters);
    RUN(notes_replaces_what_is_selected);
    RUN(malformed_utf8_is_passed_byte_by_byte);
    RUN(shapes_stay_inside_their_clip);
    return DONE();
}
