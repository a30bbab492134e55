/*
 * Phones that are not there: an adbd on an address of its own for each, and a door, whose scrcpy servers take controls and do nothing, and show
 * one picture that never moves, by the door. As many as session-svc is to hold, in one process that costs little: what is measured is the farm.
 *
 *     fleet PHONES PORT DOORS PICTURE
 *
 * Phone n, from 0, is ph_fleet<n>, listens on 127.1.<n / 250>.<1 + n % 250>:PORT, and has its door at DOORS/ph_fleet<n>, a folder that is
 * there. PICTURE is what servers.h shows.
 * stdout first:  ready
 * stdin:   clear    forgets what was heard
 *          dump     says it:  heard <phone> door|adb <CLOCK_MONOTONIC ns just after the read> <bytes in hex>  for each, then  end
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "adb.h"
#include "controls.h"
#include "door.h"
#include "lines.h"
#include "servers.h"

enum { MAX_PHONES = 1000, PER_BLOCK = 250, EVENTS = 256 };
enum what { ADB_LISTENS, ADB, DOOR_LISTENS, DOOR, CONTROL, VIDEO, AUDIO, MEDIA_CONTROL };

// Whatever is waited for, but standard input.
struct watched {
    enum what what;
    int fd;
    unsigned phone;
    struct adb *adb;  // of an ADB, its own
};

static int poller;
// Of each phone the video socket that was opened last, or 0.
static int videos[MAX_PHONES];

static void die(const char *what)
{
    fprintf(stderr, "fleet: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void take_line(char *line)
{
    if (strcmp(line, "clear") == 0) controls_forget();
    if (strcmp(line, "dump") != 0) return;
    controls_say();
    say("end");
}

static void watch(enum what what, int fd, unsigned phone)
{
    struct watched *w = malloc(sizeof *w);
    if (w == NULL) die("remembering a socket");
    *w = (struct watched){.what = what, .fd = fd, .phone = phone};
    if (what == ADB && (w->adb = adb_new(fd, phone)) == NULL) die("a connection");
    struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = w};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &wanted) != 0) die("watching");
}

static void forget(struct watched *w)
{
    if (w->what == VIDEO && videos[w->phone] == w->fd) videos[w->phone] = 0;
    close(w->fd);
    adb_free(w->adb);
    free(w);
}

static void accept_one(const struct watched *listener)
{
    int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), on = 1;
    if (fd < 0) return;
    if (listener->what == DOOR_LISTENS) return watch(DOOR, fd, listener->phone);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch(ADB, fd, listener->phone);
}

static void serve(int stream, unsigned phone, enum servers_socket socket)
{
    uint8_t greeting[CONTROLS_GREETING];
    controls_greet(greeting);
    // Into a socket that nothing was written to: it has room, or nobody behind it.
    bool first = socket == SERVERS_CONTROL || socket == SERVERS_VIDEO;
    if (first && send(stream, greeting, sizeof greeting, MSG_NOSIGNAL) != (ssize_t)sizeof greeting) {
        close(stream);
        return;
    }
    if (socket == SERVERS_VIDEO) {
        servers_begin(stream);
        videos[phone] = stream;
    }
    // Four bytes 0 for a codec: no sound can be had (Streamer.java, writeDisableStream).
    if (socket == SERVERS_AUDIO) send(stream, "\0\0\0", 4, MSG_NOSIGNAL);
    watch(socket == SERVERS_CONTROL ? CONTROL : socket == SERVERS_VIDEO ? VIDEO : socket == SERVERS_AUDIO ? AUDIO : MEDIA_CONTROL, stream, phone);
}

static void answer_door(struct watched *door)
{
    int stream;
    char name[DOOR_NAME];
    enum door_outcome outcome = door_answer(door->fd, &stream, name);
    if (outcome == DOOR_PASSED) serve(stream, door->phone, servers_socket(door->phone, name));
    if (outcome == DOOR_ENDED) forget(door);
}

static void hear(struct watched *one)
{
    static uint8_t bytes[1 << 16];
    ssize_t got = read(one->fd, bytes, sizeof bytes);
    if (got > 0 && one->what == CONTROL) controls_hear(one->phone, "door", bytes, (size_t)got);
    // RESET_VIDEO is all that session-svc has to say there.
    if (got > 0 && one->what == MEDIA_CONTROL && videos[one->phone] > 0) servers_again(videos[one->phone]);
    if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) forget(one);
}

static void listen_as(unsigned phone, uint16_t port, const char *doors)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    uint32_t host = 127u << 24 | 1u << 16 | phone / PER_BLOCK << 8 | (1 + phone % PER_BLOCK);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(host)};
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 ||
        listen(fd, 4) != 0)
        die("listening");
    watch(ADB_LISTENS, fd, phone);
    // As long as a name may be, and some: one that was cut here is too long for door_listen too.
    char path[256];
    snprintf(path, sizeof path, "%s/ph_fleet%u", doors, phone);
    int door = door_listen(path);
    if (door < 0) die(path);
    watch(DOOR_LISTENS, door, phone);
}

int main(int argc, char **argv)
{
    long phones = argc == 5 ? strtol(argv[1], NULL, 10) : 0, port = argc == 5 ? strtol(argv[2], NULL, 10) : 0;
    if (phones < 1 || phones > MAX_PHONES || port < 1 || port > 65535) {
        fprintf(stderr, "usage: fleet PHONES(1-%d) PORT DOORS PICTURE\n", MAX_PHONES);
        return 2;
    }
    servers_show(argv[4]);
    if ((poller = epoll_create1(EPOLL_CLOEXEC)) < 0) die("polling");
    struct epoll_event input = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, 0, &input) != 0) die("standard input");
    for (long i = 0; i < phones; i++) listen_as((unsigned)i, (uint16_t)port, argv[3]);
    say("ready");
    for (;;) {
        struct epoll_event events[EVENTS];
        int count = epoll_wait(poller, events, EVENTS, -1);
        if (count < 0 && errno != EINTR) die("waiting");
        for (int i = 0; i < count; i++) {
            struct watched *w = events[i].data.ptr;
            if (w == NULL) {
                if (!lines_read(take_line)) return 0;
            } else if (w->what == ADB_LISTENS || w->what == DOOR_LISTENS) accept_one(w);
            else if (w->what == DOOR) answer_door(w);
            else if (w->what != ADB) hear(w);
            else if (!adb_read(w->adb)) forget(w);
        }
    }
}
