// What dumpsys prints: short, in the shape of Android's own lines where somebody greps for them.
#include <stdio.h>
#include <string.h>

#include "ui.h"

static size_t window(char *out, size_t n)
{
    struct app *a = app_front();
    return (size_t)snprintf(out, n,
                            "WINDOW MANAGER DISPLAY CONTENTS (dumpsys window displays)\n  Display: mDisplayId=0\n"
                            "    init=%dx%d %ddpi cur=%dx%d app=%dx%d\n  mCurrentRotation=ROTATION_%d\n  mUserRotationMode=USER_ROTATION_%s\n"
                            "  mCurrentFocus=Window{0 u0 %s/%s%s}\n  mAwake=%s\n",
                            display.natural_width, display.natural_height, display.natural_density, display.width, display.height, display.width,
                            display.height - status_height() - nav_height(), display.rotation * 90, display.locked ? "LOCKED" : "FREE",
                            a ? a->package : "null", a ? a->package : "", a ? a->activity : "", display.awake ? "true" : "false");
}

static size_t displays(char *out, size_t n)
{
    return (size_t)snprintf(out, n,
                            "DISPLAY MANAGER (dumpsys display)\n  mDisplayId=0\n  mBaseDisplayInfo=DisplayInfo{\"Built-in Screen\", real %d x %d, rotation %d, "
                            "density %d, %d fps}\n  mOverrideDisplayInfo=size %dx%d density %d\n  mState=%s\n  mPanelState=%s\n",
                            display.width, display.height, display.rotation, display.density, display.fps, display.set_width, display.set_height,
                            display.set_density, display.awake ? "ON" : "OFF", display.awake && display.panel_on ? "ON" : "OFF");
}

static size_t activity(char *out, size_t n)
{
    struct app *front = app_front();
    size_t at = (size_t)snprintf(out, n, "ACTIVITY MANAGER ACTIVITIES (dumpsys activity activities)\n");
    for (int i = 0; apps[i] && at < n; i++)
        if (apps[i]->running)
            at += (size_t)snprintf(out + at, n - at, "  * %s/%s%s\n", apps[i]->package, apps[i]->activity, apps[i] == front ? " resumed" : "");
    if (front && at < n) at += (size_t)snprintf(out + at, n - at, "  topResumedActivity=%s/%s\n", front->package, front->activity);
    return at < n ? at : n;
}

static size_t flinger(char *out, size_t n)
{
    return (size_t)snprintf(out, n, "SurfaceFlinger\n  frames drawn: %u\n  refresh-rate: %d fps\n  layer stack 0: %dx%d\n", display_serial(), display.fps,
                            display.width, display.height);
}

static size_t input(char *out, size_t n)
{
    size_t at = (size_t)snprintf(out, n, "INPUT MANAGER (dumpsys input)\n");
    return at + input_dump(out + at, n - at);
}

// InputMethodManagerService.dump of Android 13 and before.
static size_t input_method(char *out, size_t n)
{
    const char *shown = app_typing() ? "true" : "false";
    return (size_t)snprintf(out, n,
                            "Current Input Method Manager state:\n  mShowRequested=%s mShowExplicitlyRequested=%s mShowForced=false mInputShown=%s\n", shown,
                            shown, shown);
}

size_t dump(const char *what, char *out, size_t n)
{
    static const struct { const char *name; size_t (*print)(char *, size_t); } services[] = {
        {"window", window}, {"display", displays}, {"input", input}, {"input_method", input_method}, {"activity", activity}, {"SurfaceFlinger", flinger}};
    size_t at = 0;
    for (size_t i = 0; i < sizeof services / sizeof *services && at < n; i++)
        if (!*what || strcmp(what, services[i].name) == 0) at += services[i].print(out + at, n - at);
    if (!at) at = (size_t)snprintf(out, n, "Can't find service: %.60s\n", what);
    return at < n ? at : n;
}
