#include "reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ln.h"
#include "options.h"

#define LONGEST (1u << 18)

static int take(struct reader *r, void *out, size_t n)
{
    uint8_t *to = out;
    while (n) {
        if (r->at == r->end) {
            ssize_t got = read(r->fd, r->in, sizeof r->in);
            if (got < 0 && errno == EINTR) continue;
            if (got <= 0) return -1;
            r->at = 0;
            r->end = (size_t)got;
        }
        size_t k = r->end - r->at < n ? r->end - r->at : n;
        memcpy(to, r->in + r->at, k);
        r->at += k;
        to += k;
        n -= k;
    }
    return 0;
}

// Big-endian integer of `size` bytes; sets *bad when the client has closed.
static uint64_t number(struct reader *r, int size, bool *bad)
{
    uint8_t b[8];
    uint64_t v = 0;
    if (*bad || take(r, b, (size_t)size) < 0) return *bad = true, 0;
    for (int i = 0; i < size; i++) v = v << 8 | b[i];
    return v;
}
#define U8() ((int)number(r, 1, &bad))
#define U16() ((int)number(r, 2, &bad))
#define I32() ((int)(int32_t)(uint32_t)number(r, 4, &bad))

// Bytes with a length of size_bytes before them. A longer one than any message may be is a protocol error: -1.
static int text(struct reader *r, struct message *m, int size_bytes, bool *bad)
{
    uint64_t n = number(r, size_bytes, bad);
    if (*bad) return 0;
    if (n > LONGEST) {
        LNE("Control protocol error: message of %llu bytes is longer than %u", (unsigned long long)n, LONGEST);
        return -1;
    }
    if (n + 1 > r->room) {
        char *more = realloc(r->text, n + 1);
        if (!more) return -1;
        r->text = more;
        r->room = n + 1;
    }
    if (take(r, r->text, n) < 0) return *bad = true, 0;
    r->text[n] = 0;
    m->text = r->text;
    m->text_n = n;
    return 0;
}

static void position(struct reader *r, struct message *m, bool *b)
{
    bool bad = *b;
    m->x = I32();
    m->y = I32();
    m->width = U16();
    m->height = U16();
    *b = bad;
}

static double i16_fixed(int v) { return (int16_t)v == 0x7fff ? 1 : (int16_t)v / 32768.0; }

static int uhid_create(struct reader *r, struct message *m, bool *b)
{
    bool bad = *b;
    m->id = (uint64_t)U16();
    if (r->version >= VERSION(3, 1, 0)) number(r, 4, &bad);  // vendor, product
    if (r->version >= VERSION(2, 7, 0) && text(r, m, 1, &bad) < 0) return -1;
    *b = bad;
    return text(r, m, 2, b);
}

// The first release that knows a type.
static int since(int type)
{
    return type <= MSG_ROTATE_DEVICE ? 0 : type <= MSG_UHID_DESTROY ? VERSION(2, 4, 0) : type == MSG_OPEN_HARD_KEYBOARD_SETTINGS ? VERSION(2, 7, 0)
         : type <= MSG_RESET_VIDEO ? VERSION(3, 0, 0) : type <= MSG_RESIZE_DISPLAY ? VERSION(4, 0, 0) : VERSION(4, 1, 0);
}

int reader_next(struct reader *r, struct message *m)
{
    bool bad = false;
    int wrong = 0, type = U8();
    if (bad) return 0;
    *m = (struct message){.type = type};
    if (type > MSG_SCAN_FILE || r->version < since(type)) {
        LNE("Control protocol error: Unknown event type: %d", type);
        return -1;
    }
    // From 2.4 to 2.6 type 14 was what 15 is since.
    if (type == MSG_UHID_DESTROY && r->version < VERSION(2, 7, 0)) {
        m->type = MSG_OPEN_HARD_KEYBOARD_SETTINGS;
        return 1;
    }
    switch (type) {
    case MSG_INJECT_KEYCODE:
        m->action = U8();
        m->keycode = I32();
        m->repeat = I32();
        m->meta = I32();
        break;
    case MSG_INJECT_TEXT: case MSG_SCAN_FILE: wrong = text(r, m, 4, &bad); break;
    case MSG_INJECT_TOUCH: {
        m->action = U8();
        m->id = number(r, 8, &bad);
        position(r, m, &bad);
        int pressure = U16();
        m->pressure = pressure == 0xffff ? 1 : pressure / 65536.0;
        m->action_button = I32();
        m->buttons = I32();
        break;
    }
    case MSG_INJECT_SCROLL: {
        double scale = r->version >= VERSION(3, 3, 1) ? 16 : 1;
        position(r, m, &bad);
        m->hscroll = i16_fixed(U16()) * scale;
        m->vscroll = i16_fixed(U16()) * scale;
        m->buttons = I32();
        break;
    }
    case MSG_BACK_OR_SCREEN_ON: m->action = U8(); break;
    case MSG_GET_CLIPBOARD: case MSG_SET_DISPLAY_POWER: case MSG_CAMERA_SET_TORCH: m->flag = U8(); break;
    case MSG_SET_CLIPBOARD:
        m->id = number(r, 8, &bad);
        m->flag = U8();
        wrong = text(r, m, 4, &bad);
        break;
    case MSG_UHID_CREATE: wrong = uhid_create(r, m, &bad); break;
    case MSG_UHID_INPUT:
        m->id = (uint64_t)U16();
        wrong = text(r, m, 2, &bad);
        break;
    case MSG_UHID_DESTROY: m->id = (uint64_t)U16(); break;
    case MSG_START_APP: wrong = text(r, m, 1, &bad); break;
    case MSG_RESIZE_DISPLAY:
        m->width = U16();
        m->height = U16();
        break;
    default: break;  // no body
    }
    return bad ? 0 : wrong < 0 ? -1 : 1;
}

void reader_free(struct reader *r)
{
    free(r->text);
    r->text = NULL;
}
