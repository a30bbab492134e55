/*
 * Takes the place of app_process in a phone that is measured: a scrcpy server whose picture is a file and whose ears are
 * a log. Everything else of the way is the real one (adbd, bridge, session-svc …). Started as the real one is,
 *
 *     app_process / com.genymobile.scrcpy.Server <version> scid=… [video=false] [audio=false] [control=false] …
 *
 * it serves one client with the sockets that were asked for (DesktopConnection.java) and ends with it. Without a file
 * of frames a server with video is the real one, which stands beside this as app_process.real. In BENCH_DIR:
 *
 *     frames        in,  pace.h; the head is what precedes the first frame on the video socket, a frame's one part is
 *                   a scrcpy packet whose 8-byte PTS-and-flags gets the time. After the last one nothing moves.
 *     endless       in,  where it is: after the last frame comes the first
 *     sent.<pid>    out, one line for each frame: `<number from 0> <ns>`, CLOCK_MONOTONIC just before the write that
 *                   holds its last byte
 *     heard.<pid>   out, for each read of the control socket of a server without video: `<ns> <bytes in hex>`, the time
 *                   just after the read
 *
 * Files are whole lines at any time. Any other class name is the real one's too.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "pace.h"

#define BENCH_DIR "/data/local/tmp/bench"
#define REAL "/system/bin/app_process.real"
enum { NAME = 64 };

static void die(const char *what)
{
    fprintf(stderr, "bench app_process: %s: %s\n", what, strerror(errno));
    exit(1);
}

static const char *option(int argc, char **argv, const char *key, const char *fallback)
{
    size_t length = strlen(key);
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], key, length) == 0 && argv[i][length] == '=') return argv[i] + length + 1;
    return fallback;
}

static int listen_as(const char *scid)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int length = snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "scrcpy_%s", scid);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
    if (fd < 0 || bind(fd, (struct sockaddr *)&name, size) != 0 || listen(fd, 4) != 0) die("listening");
    return fd;
}

static void write_all(int fd, const void *bytes, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t now = write(fd, (const char *)bytes + done, length - done);
        if (now < 0 && errno == EINTR) continue;
        // The client is gone, and with it the reason to be here.
        if (now <= 0) exit(0);
        done += (size_t)now;
    }
}

static int output(const char *name)
{
    char file[128];
    snprintf(file, sizeof file, "%s/%s.%d", BENCH_DIR, name, (int)getpid());
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) die(file);
    return fd;
}

static void play(int video)
{
    struct pace pace;
    struct part parts[PACE_PARTS];
    if (!pace_open(&pace, BENCH_DIR "/frames")) exit(1);
    int log = output("sent");
    bool endless = access(BENCH_DIR "/endless", F_OK) == 0;
    write_all(video, pace.head, pace.head_length);
    for (unsigned number = 0; pace_next(&pace, parts) == 1 && parts[0].length > 12; number++) {
        if (endless && pace.at == pace.length) pace_rewind(&pace);
        char line[48];
        uint64_t now = clock_ns();
        pace_stamp(parts[0].bytes, now / 1000);
        uint64_t before = clock_ns();
        write_all(video, parts[0].bytes, parts[0].length);
        write_all(log, line, (size_t)snprintf(line, sizeof line, "%u %llu\n", number, (unsigned long long)before));
    }
}

// Reads a control socket to its end; `log` -1 forgets what it says.
static void hear(int control, int log)
{
    static const char digits[] = "0123456789abcdef";
    static uint8_t bytes[4096];
    static char line[32 + 2 * sizeof bytes];
    for (;;) {
        ssize_t got = read(control, bytes, sizeof bytes);
        uint64_t now = clock_ns();
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return;
        if (log < 0) continue;
        size_t at = (size_t)snprintf(line, 32, "%llu ", (unsigned long long)now);
        for (ssize_t i = 0; i < got; i++) {
            line[at++] = digits[bytes[i] >> 4];
            line[at++] = digits[bytes[i] & 15];
        }
        line[at++] = '\n';
        write_all(log, line, at);
    }
}

static void *play_in_thread(void *video)
{
    play(*(int *)video);
    return NULL;
}

int main(int argc, char **argv)
{
    bool ours = argc > 3 && strcmp(argv[2], "com.genymobile.scrcpy.Server") == 0;
    bool video = ours && strcmp(option(argc, argv, "video", "true"), "false") != 0;
    if (!ours || (video && access(BENCH_DIR "/frames", R_OK) != 0)) {
        execv(REAL, argv);
        die(REAL);
    }
    bool wanted[3] = {video, strcmp(option(argc, argv, "audio", "true"), "false") != 0,
                      strcmp(option(argc, argv, "control", "true"), "false") != 0};
    int sockets[3] = {-1, -1, -1}, first = -1;
    int listener = listen_as(option(argc, argv, "scid", "0"));
    // Video, audio, control, as many as were asked for; a byte at once on the first, its name when all are there.
    for (int i = 0; i < 3; i++) {
        if (!wanted[i]) continue;
        sockets[i] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (sockets[i] < 0) die("accepting");
        if (first >= 0) continue;
        first = sockets[i];
        write_all(first, "", 1);
    }
    close(listener);
    if (first < 0) return 0;
    char name[NAME] = "bench";
    write_all(first, name, sizeof name);
    // Four bytes 0 for a codec: no sound can be had (Streamer.java, writeDisableStream).
    if (sockets[1] >= 0) write_all(sockets[1], "\0\0\0", 4);
    pthread_t player;
    if (sockets[0] >= 0 && pthread_create(&player, NULL, play_in_thread, &sockets[0]) != 0) die("starting a thread");
    int ears = sockets[2] >= 0 ? sockets[2] : first;
    hear(ears, sockets[0] < 0 ? output("heard") : -1);
    return 0;
}
