// system_server stand-in: the loop. Everything on one thread; sleeps until a request, a frame that is due or a timer.
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "log/log.h"
#include "prop/prop.h"
#include "requests.h"
#include "ui.h"

#define CLIENTS 256
#define SYSTEM_UID 1000

static struct pollfd polls[CLIENTS + 1];  // [0] listens
static struct client clients[CLIENTS + 1];
static int count = 1;
static char packet[WIN_PACKET_MAX + 1];

void complain(const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    // In a phone nobody reads stderr, on a bare machine nobody has logd.
    log_print(LOG_ERROR, "SystemServer", "%s", text);
    fprintf(stderr, "system_server: %s\n", text);
}

void clients_notify(int type, const char *text, size_t n, int except_pid)
{
    struct win_head h = {.type = (uint32_t)type};
    struct iovec v[2] = {{&h, sizeof h}, {(void *)(uintptr_t)text, n}};
    struct msghdr m = {.msg_iov = v, .msg_iovlen = 2};
    for (int i = 1; i < count; i++)
        if (clients[i].watches && clients[i].pid != except_pid) sendmsg(polls[i].fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static int listen_window(void)
{
    // init may have made the socket for us, as Android's init does for services with a `socket` line.
    const char *given = getenv("ANDROID_SOCKET_window");
    if (given && *given) {
        int fd = atoi(given);
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        return listen(fd, 16) < 0 ? -1 : fd;
    }
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%s/socket/window", guest_dev());
    unlink(a.sun_path);
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || chmod(a.sun_path, 0666) < 0 || listen(fd, 16) < 0) {
        complain("listening on %s: %s", a.sun_path, strerror(errno));
        return -1;
    }
    return fd;
}

static void accept_client(void)
{
    int fd = accept4(polls[0].fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    struct ucred who;
    socklen_t n = sizeof who;
    bool known = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 &&
                 (who.uid == 0 || who.uid == SYSTEM_UID || who.uid == 2000 || who.uid == getuid());
    if (!known || count > CLIENTS) {
        close(fd);
        return;
    }
    int room = 512 * 1024;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    polls[count] = (struct pollfd){.fd = fd, .events = POLLIN};
    clients[count++] = (struct client){.fd = fd, .pid = who.pid};
}

static void drop_client(int i)
{
    close(polls[i].fd);
    count--;
    polls[i] = polls[count];
    clients[i] = clients[count];
}

// Reads at most a few packets, so that one busy injector cannot hold up the picture. false: the client is gone.
static bool serve(int i)
{
    for (int turns = 0; turns < 32; turns++) {
        ssize_t n = recv(polls[i].fd, packet, WIN_PACKET_MAX, MSG_DONTWAIT | MSG_TRUNC);
        if (n < 0) return errno == EAGAIN || errno == EINTR;
        if (n < (ssize_t)sizeof(struct win_head) || n > (ssize_t)WIN_PACKET_MAX) return false;
        packet[n] = 0;
        request(&clients[i], packet, (size_t)n);
    }
    return true;
}

static uint64_t min64(uint64_t a, uint64_t b) { return a < b ? a : b; }

// Runs timers and draws when a frame is due. Returns when to wake next.
static uint64_t frame(uint64_t now)
{
    static uint64_t last, slot;  // last: when the last frame was drawn; slot: its place in the steady beat of an animation
    static bool animating;
    uint64_t beat = 1000000000u / (uint64_t)display.fps, sound = sound_tick(now);
    if (now >= bars_next()) bars_tick(now);
    // The first frame after a quiet time is drawn at once, later ones keep the beat.
    uint64_t due = slot + beat > last + beat / 2 ? slot + beat : last + beat / 2;
    bool wanted = animating || display_damaged();
    if (wanted && now >= due) {
        struct app *a = app_front();
        animating = display.awake && a && a->tick && a->tick(now);
        if (display_damaged()) display_draw(now);
        slot = now - due < beat ? due : now;
        last = now;
        due = slot + beat;
        wanted = animating;
    } else if (!wanted) {
        struct app *a = app_front();
        // An app may start to animate by itself only through an input event, which ends the poll; ask it then.
        if (display.awake && a && a->tick && now >= due) animating = a->tick(now);
        wanted = animating || display_damaged();
    }
    struct app *a = app_front();
    uint64_t idle = display.awake && a && a->wake ? min64(bars_next(), a->wake()) : bars_next();
    return min64(sound, wanted ? due : idle);
}

static void become_system(void)
{
    if (getuid() != 0 || getenv("ANCLOUD_GUEST_DEV")) return;
    // Files in /dev and the socket need root to make; everything after runs as Android's system user.
    if (setgroups(0, NULL) < 0 || setgid(SYSTEM_UID) < 0 || setuid(SYSTEM_UID) < 0)
        complain("becoming uid %d: %s; going on as root", SYSTEM_UID, strerror(errno));
}

static void hand_over(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", guest_dev(), name);
    if (getuid() == 0 && !getenv("ANCLOUD_GUEST_DEV") && chown(path, SYSTEM_UID, SYSTEM_UID) < 0) complain("chown %s: %s", path, strerror(errno));
}

static void booted(void)
{
    char hang[PROP_VALUE_MAX];
    if (prop_get("ro.boot.guest_hang", hang, sizeof hang) > 0 && strcmp(hang, "boot") == 0) {
        log_print(LOG_WARN, "SystemServer", "androidboot.guest_hang=boot: the boot is never said to be complete");
        return;
    }
    // Android: the boot animation is asked to end when the first real frame is there, then ActivityManager says boot completed.
    static const char *const said[][2] = {{"service.bootanim.exit", "1"}, {"sys.boot_completed", "1"}, {"dev.bootcomplete", "1"}};
    for (size_t i = 0; i < 3; i++)
        if (prop_set(said[i][0], said[i][1]) < 0 && errno != ENOENT && errno != ECONNREFUSED)
            complain("setting %s: %s", said[i][0], strerror(errno));
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_NAME, "system_server");
    umask(022);
    log_print(LOG_INFO, "SystemServer", "Entered the system server of the reference guest");
    settings_load();
    if (text_init() < 0 || (polls[0].fd = listen_window()) < 0 || display_start() < 0 || sound_start() < 0) return 1;
    polls[0].events = POLLIN;
    hand_over("ancloud-screen");
    hand_over("ancloud-audio");
    become_system();
    app_start(&app_launcher, false);
    uint64_t next = frame(now_ns());
    log_print(LOG_INFO, "SystemServer", "First frame of %dx%d, %d dpi", display.width, display.height, display.density);
    booted();
    for (;;) {
        uint64_t now = now_ns();
        struct timespec wait = {0, 0};
        if (next > now) wait = (struct timespec){(time_t)((next - now) / 1000000000u), (long)((next - now) % 1000000000u)};
        int n = ppoll(polls, (nfds_t)count, &wait, NULL);
        for (int i = count - 1; n > 0 && i > 0; i--)
            if (polls[i].revents && !serve(i)) drop_client(i);
        if (n > 0 && polls[0].revents) accept_client();
        next = frame(now_ns());
    }
}
