// scrcpy's server: connection, threads, end (server/…/Server.java, device/DesktopConnection.java).
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "prop/prop.h"
#include "session.h"
#include "stream.h"

#define BOOT_WAIT_MS 60000

int session_call(struct session *s, void *request, size_t size, const void *text, size_t n, char **out, size_t *out_n)
{
    pthread_mutex_lock(&s->window_lock);
    int r = window_call(s->window, request, size, text, n, out, out_n), err = errno;
    pthread_mutex_unlock(&s->window_lock);
    errno = err;
    return r;
}

void session_reset(struct session *s, enum reset why)
{
    atomic_fetch_or(&s->resets, (int)why);
    screen_wake(&s->screen);
}

void session_ended(struct session *s, bool fatal)
{
    if (write(s->wake[1], fatal ? "f" : "e", 1) < 0) s->stopping = true;
}

static const char *prop(const char *name, const char *fallback, char *buffer)
{
    return prop_get(name, buffer, PROP_VALUE_MAX) > 0 ? buffer : fallback;
}

// system_server answers and has drawn. A server started while the phone boots waits; a dead phone is an error.
static int wait_for_boot(struct session *s)
{
    for (int waited = 0; waited < BOOT_WAIT_MS; waited += 50) {
        if (s->window < 0) s->window = window_connect();
        if (s->window >= 0 && !s->screen.head && screen_open(&s->screen) < 0 && errno == EPROTO) break;
        if (s->screen.head && screen_wait(&s->screen, 0, 1000)) return 0;
        struct timespec t = {0, 50000000};
        nanosleep(&t, NULL);
    }
    ln_exception("Could not reach the window manager", "java.lang.IllegalStateException", strerror(errno));
    return -1;
}

static struct sockaddr_un address(const struct options *o, socklen_t *n)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int len = o->scid == -1 ? snprintf(a.sun_path + 1, sizeof a.sun_path - 1, "scrcpy")
                            : snprintf(a.sun_path + 1, sizeof a.sun_path - 1, "scrcpy_%08x", (unsigned)o->scid);
    *n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len);
    return a;
}

static int open_sockets(struct session *s)
{
    struct options *o = &s->options;
    int *const wanted[3] = {o->video ? &s->video_fd : NULL, o->audio ? &s->audio_fd : NULL, o->control ? &s->control_fd : NULL};
    bool dummy = o->send_dummy_byte;
    socklen_t n;
    struct sockaddr_un a = address(o, &n);
    int listener = -1;
    if (o->tunnel_forward) {
        listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (listener < 0 || bind(listener, (struct sockaddr *)&a, n) < 0 || listen(listener, 50) < 0) goto bad;
    }
    for (int i = 0; i < 3; i++) {
        if (!wanted[i]) continue;
        if (o->tunnel_forward) {
            do *wanted[i] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
            while (*wanted[i] < 0 && errno == EINTR);
            if (*wanted[i] < 0) goto bad;
            // Tells a client behind adb's forward, which connects to anything, that somebody is there.
            if (dummy && write_fully(*wanted[i], "", 1) < 0) goto bad;
            dummy = false;
        } else {
            *wanted[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
            if (*wanted[i] < 0 || connect(*wanted[i], (struct sockaddr *)&a, n) < 0) goto bad;
        }
    }
    if (listener >= 0) close(listener);
    return 0;
bad:
    ln_exception(strerror(errno), "java.io.IOException", strerror(errno));
    if (listener >= 0) close(listener);
    return -1;
}

static int send_device_meta(struct session *s)
{
    char name[64] = {0}, model[PROP_VALUE_MAX];
    int fd = s->video_fd >= 0 ? s->video_fd : s->audio_fd >= 0 ? s->audio_fd : s->control_fd;
    // The cut keeps whole characters and leaves a NUL.
    const char *text = prop("ro.product.model", "ancloud", model);
    size_t n = strlen(text);
    if (n > 63)
        for (n = 63; n && ((unsigned char)text[n] & 0xc0) == 0x80;) n--;
    memcpy(name, text, n);
    return fd < 0 || !s->options.send_device_meta ? 0 : write_fully(fd, name, sizeof name);
}

// Until a thread says fatal, all have ended, or the client has closed a socket (both ways: one that will send nothing more is
// no news). A client that is gone is noticed on a still screen too, where the real server would notice with the next frame.
static void wait_end(struct session *s, int running)
{
    struct pollfd p[4] = {{s->wake[0], POLLIN, 0}, {s->video_fd, 0, 0}, {s->audio_fd, 0, 0}, {s->window, POLLRDHUP, 0}};
    char said;
    while (running > 0 && (poll(p, 4, -1) >= 0 || errno == EINTR)) {
        if (p[0].revents && read(s->wake[0], &said, 1) == 1 && (--running, said == 'f')) return;
        if ((p[1].revents | p[3].revents) & (POLLHUP | POLLERR | POLLRDHUP)) return;
        if (p[2].revents & (POLLHUP | POLLERR)) p[2].fd = -1;  // its thread ends by itself, which is not fatal
    }
}

static int supported(const struct options *o)
{
    if (o->camera) LNE("Camera mirroring is not supported: this phone has no camera");
    else if (o->new_display && !o->flex_display) LNE("New virtual display is not supported by this phone");
    else if (o->oriented) LNE("A capture orientation or angle is not supported by this phone");
    else return 0;
    return -1;
}

static void list(struct session *s)
{
    const struct options *o = &s->options;
    struct win_display d = {0};
    struct win_head q = {.type = WIN_APPS};
    char *apps = NULL, *at = NULL, text[4096] = "List of apps:";
    if (o->list_encoders) {
        log_encoders(LN_INFO, "");
        LNI("List of audio encoders:\n    --audio-codec=opus --audio-encoder=c2.ancloud.opus.encoder       (sw) [vendor]");
    }
    if (o->list_displays && window_display(s->window, &d) == 0) LNI("List of displays:\n    --display-id=0    (%dx%d)", d.width, d.height);
    if (o->list_cameras) LNI("List of cameras:\n    (none)");
    if (!o->list_apps) return;
    LNI("Processing Android apps... (this may take some time)");
    if (session_call(s, &q, sizeof q, NULL, 0, &apps, NULL) == 0)
        for (char *l = strtok_r(apps, "\n", &at); l; l = strtok_r(NULL, "\n", &at)) {
            size_t n = strlen(text);
            snprintf(text + n, sizeof text - n, "\n * %-30s %.*s", strrchr(l, '\t') + 1, (int)strcspn(l, "\t"), l);
        }
    free(apps);
    LNI("%s", text);
}

static void stream_all(struct session *s)
{
    struct { int fd; void *(*run)(void *); pthread_t thread; bool runs; } parts[3] = {
        {s->control_fd, control_thread, 0, false}, {s->audio_fd, audio_thread, 0, false}, {s->video_fd, video_thread, 0, false}};
    int running = 0;
    for (int i = 0; i < 3; i++)
        if (parts[i].fd >= 0 && pthread_create(&parts[i].thread, NULL, parts[i].run, s) == 0) {
            parts[i].runs = true;
            running++;
        }
    wait_end(s, running);
    s->stopping = true;
    // Every thread is asleep in a read, a write or on the screen: end all three.
    if (s->video_fd >= 0) shutdown(s->video_fd, SHUT_RDWR);
    if (s->audio_fd >= 0) shutdown(s->audio_fd, SHUT_RDWR);
    if (s->control_fd >= 0) shutdown(s->control_fd, SHUT_RDWR);
    for (int i = 0; i < 3; i++)
        if (parts[i].runs) {
            struct timespec t;
            do {
                screen_wake(&s->screen);
                clock_gettime(CLOCK_REALTIME, &t);
                t.tv_nsec += 20000000;
                if (t.tv_nsec >= 1000000000) t.tv_sec++, t.tv_nsec -= 1000000000;
            } while (pthread_timedjoin_np(parts[i].thread, NULL, &t) == ETIMEDOUT);
        }
}

int server_main(int argc, char **argv, const char *jar)
{
    struct session s = {.video_fd = -1, .audio_fd = -1, .control_fd = -1, .window = -1, .cleanup_fd = -1};
    char maker[PROP_VALUE_MAX], brand[PROP_VALUE_MAX], model[PROP_VALUE_MAX], release[PROP_VALUE_MAX];
    struct options *o = &s.options;
    pthread_mutex_init(&s.window_lock, NULL);
    pthread_mutex_init(&s.mapping_lock, NULL);
    if (options_parse(o, argc, argv) < 0) return 1;
    ln_threshold((enum ln_level)o->log_level);
    LNI("Device: [%s] %s %s (Android %s)", prop("ro.product.manufacturer", "ancloud", maker), prop("ro.product.brand", "ancloud", brand),
        prop("ro.product.model", "reference", model), prop("ro.build.version.release", "15", release));
    if (wait_for_boot(&s) < 0) return 1;
    if (o->list_encoders || o->list_displays || o->list_cameras || o->list_apps) {
        if (o->cleanup) cleanup_unlink(jar);
        list(&s);
        return 0;
    }
    if (supported(o) < 0) return 0;
    if (o->cleanup) s.cleanup_fd = cleanup_start(o, jar);
    if (pipe2(s.wake, O_CLOEXEC) < 0 || open_sockets(&s) < 0) return 1;
    if (send_device_meta(&s) < 0) {
        ln_exception(strerror(errno), "java.io.IOException", strerror(errno));
        return 1;
    }
    stream_all(&s);
    return 0;
}
