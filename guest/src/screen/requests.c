#include "requests.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "ui.h"

static void reply(struct client *to, uint32_t tag, int error, const void *text, size_t n)
{
    if (!tag) return;
    struct win_reply r = {{WIN_REPLY, tag}, error};
    struct iovec v[2] = {{&r, sizeof r}, {(void *)(uintptr_t)text, n}};
    struct msghdr m = {.msg_iov = v, .msg_iovlen = n ? 2 : 1};
    // A client that asks without reading its answers loses them; it cannot hold up the phone.
    sendmsg(to->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static int start(const struct win_start *q, const char *package, const char **label)
{
    struct app *a = app_by_activity(package);
    if (!a) return ENOENT;
    *label = a->label;
    app_start(a, q->stop_first);
    return 0;
}

static size_t list_apps(char *out, size_t n)
{
    size_t at = 0;
    for (int i = 0; apps[i] && at < n; i++)
        if (!apps[i]->hidden) at += (size_t)snprintf(out + at, n - at, "%s\t%s\t%s\n", apps[i]->package, apps[i]->activity, apps[i]->label);
    return at < n ? at : n;
}

static struct win_display describe(void)
{
    return (struct win_display){
        .width = display.width, .height = display.height, .rotation = display.rotation, .locked = display.locked, .density = display.density,
        .awake = display.awake, .panel_on = display.awake && display.panel_on, .natural_width = display.natural_width,
        .natural_height = display.natural_height, .natural_density = display.natural_density, .set_width = display.set_width,
        .set_height = display.set_height, .set_density = display.set_density, .fps = display.fps};
}

// The fixed part of a request, or NULL when the packet is shorter.
static const void *fixed(const char *packet, size_t n, size_t size, const char **text, size_t *text_n)
{
    if (n < size) return NULL;
    *text = packet + size;
    *text_n = n - size;
    return packet;
}
#define FIXED(type) ((const type *)fixed(packet, n, sizeof(type), &text, &len))

void request(struct client *from, char *packet, size_t n)
{
    static char out[64 * 1024];
    struct win_head h;
    memcpy(&h, packet, sizeof h);
    const char *text = packet + sizeof h, *answer = NULL;
    size_t len = n - sizeof h, answer_n = 0;
    int error = 0;
    switch ((enum win_type)h.type) {
    case WIN_MOTION: {
        const struct win_motion *m = FIXED(struct win_motion);
        if (m) input_motion(m); else error = EINVAL;
        break;
    }
    case WIN_KEY: {
        const struct win_key *k = FIXED(struct win_key);
        if (k) input_key(k); else error = EINVAL;
        break;
    }
    case WIN_INPUT_TEXT: input_text(text); break;
    case WIN_CLIP_GET:
        answer = clip_get();
        if (answer) answer_n = strlen(answer); else error = ENODATA;
        break;
    case WIN_CLIP_SET: error = clip_set(text, len, from->pid) ? 0 : EALREADY; break;
    case WIN_CLIP_WATCH: from->watches = true; break;
    case WIN_START: {
        const struct win_start *q = FIXED(struct win_start);
        error = q ? start(q, text, &answer) : EINVAL;
        if (answer) answer_n = strlen(answer);
        break;
    }
    case WIN_STOP: {
        struct app *a = app_find(text);
        if (a && a != &app_launcher) app_stop(a);
        if (!a) error = ENOENT;
        break;
    }
    case WIN_APPS: answer_n = list_apps(out, sizeof out); answer = out; break;
    case WIN_ROTATE: case WIN_DENSITY: case WIN_POWER: case WIN_PANEL: {
        const struct win_value *v = FIXED(struct win_value);
        if (!v) error = EINVAL;
        else if (h.type == WIN_ROTATE) error = display_rotate(v->value) < 0 ? errno : 0;
        else if (h.type == WIN_DENSITY) error = display_set_density(v->value) < 0 ? errno : 0;
        else if (h.type == WIN_POWER && v->value >= POWER_SLEEP && v->value <= POWER_PANEL_ON) display_set_power((enum win_power)v->value);
        else if (h.type == WIN_PANEL && v->value >= 0 && v->value <= 2) panel_show(v->value);
        else error = EINVAL;
        break;
    }
    case WIN_SIZE: {
        const struct win_size *s = FIXED(struct win_size);
        error = !s ? EINVAL : display_set_size(s->width, s->height) < 0 ? errno : 0;
        break;
    }
    case WIN_SETTING:
        error = settings_request(text, out, sizeof out);
        answer = out;
        answer_n = strlen(out);
        break;
    case WIN_DUMP: answer_n = dump(text, out, sizeof out); answer = out; break;
    case WIN_DISPLAY: {
        struct win_display d = describe();
        memcpy(out, &d, sizeof d);
        answer = out;
        answer_n = sizeof d;
        break;
    }
    case WIN_FRAME:
        if (display_damaged()) display_draw(now_ns());
        break;
    case WIN_REPLY: case WIN_CLIP_CHANGED: default: error = EBADMSG; break;
    }
    reply(from, h.tag, error, answer, answer_n);
}
