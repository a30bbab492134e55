// Which apps there are, which run, which one is in front.
#include <string.h>

#include "ui.h"

struct app *const apps[] = {&app_paint, &app_notes, &app_motion, &app_latency, &app_sound, &app_settings, &app_launcher, &app_recents, NULL};

static struct app *front;
static bool typing;

struct app *app_front(void) { return front; }

void app_types(bool shown) { typing = shown; }
bool app_typing(void) { return typing; }

struct app *app_find(const char *package)
{
    for (int i = 0; apps[i]; i++)
        if (strcmp(apps[i]->package, package) == 0) return apps[i];
    return NULL;
}

struct app *app_by_activity(const char *component)
{
    for (int i = 0; apps[i]; i++) {
        size_t n = strlen(apps[i]->package);
        if (strncmp(component, apps[i]->package, n) != 0) continue;
        const char *rest = component + n;
        if (!*rest) return apps[i];
        if (*rest++ != '/') continue;
        if (strcmp(rest, apps[i]->activity) == 0) return apps[i];
        if (strncmp(rest, apps[i]->package, n) == 0 && strcmp(rest + n, apps[i]->activity) == 0) return apps[i];
    }
    return NULL;
}

void app_start(struct app *a, bool stop_first)
{
    if (stop_first) app_stop(a);
    panel_show(0);
    if (front == a && a->running) return;
    input_cancel();
    if (front) {
        if (front->hide) front->hide();
        front->last_front = now_ns();
    }
    if (!a->running && a->open) a->open();
    a->running = true;
    front = a;
    typing = false;
    a->last_front = now_ns();
    if (a->show) a->show();
    display_damage_all();
}

void app_stop(struct app *a)
{
    if (!a->running) return;
    if (front == a) {
        input_cancel();
        if (a->hide) a->hide();
        front = NULL;
        typing = false;
    }
    if (a->stop) a->stop();
    a->running = false;
    if (!front) app_start(&app_launcher, false);
    display_damage_all();
}

void app_home(void)
{
    if (panel_shown()) panel_show(0);
    app_start(&app_launcher, false);
}

void app_back(void)
{
    if (panel_shown()) {
        panel_show(0);
        return;
    }
    if (front != &app_launcher) app_start(&app_launcher, false);
}

void apps_resized(void)
{
    if (front && front->show) front->show();
}

void apps_draw(struct canvas *c)
{
    if (!front) {
        fill(c, screen_area(), 0xff101418);
        return;
    }
    struct rect saved = c->clip;
    c->clip = rect_cross(c->clip, (struct rect){0, 0, display.width, display.height});
    front->draw(c);
    c->clip = saved;
}
