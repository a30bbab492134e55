/*
 * Phones that are not there: an adbd on an address of its own for each, whose scrcpy servers take controls and do nothing. As many as
 * session-svc is to hold, in one process that costs little: what is measured is the farm.
 *
 *     fleet PHONES PORT
 *
 * Phone n, from 0, is ph_fleet<n> and listens on 127.1.<n / 250>.<1 + n % 250>:PORT.
 * stdout first:  ready
 * stdin:   clear    forgets what was heard
 *          dump     says it:  heard <phone> <ns just after the read> <ns of arrival at the socket> <bytes in hex>  for each, then  end
 *                   Both CLOCK_MONOTONIC. The kernel stamps an arrival (SO_TIMESTAMPING), however late this process comes to read it:
 *                   here one process reads for hundreds of phones, one after the other.
 *
 * ADB as in AOSP's adb/protocol.txt, without authentication; shell protocol v2; sync protocol v1, of which SEND is taken. Whoever begins
 * with anything but CNXN is no adb: all it says is heard as controls of the phone (the floor, a process that writes to sockets).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/net_tstamp.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "lines.h"

enum { MAX_PHONES = 1000, PER_BLOCK = 250, HEAD = 24, PAYLOAD = 1 << 16, STREAMS = 64, NAME = 64, EVENTS = 256 };
enum kind { FREE, ONCE, LASTING, SYNC, CONTROL };

struct stream {
    enum kind kind;
    uint32_t remote;
};

struct connection {
    int fd;
    unsigned phone;
    bool listens, bare;
    struct stream streams[STREAMS];
    size_t held;
    uint8_t bytes[HEAD + PAYLOAD];
};

struct when {
    uint64_t read, arrived;  // CLOCK_MONOTONIC ns; 0 without a stamp
};

struct heard {
    struct heard *next;
    struct when at;
    unsigned phone;
    size_t length;
    uint8_t bytes[];
};

static struct heard *first, **last = &first;
static int poller;

static void die(const char *what)
{
    fprintf(stderr, "fleet: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void hear(unsigned phone, struct when at, const uint8_t *bytes, size_t length)
{
    struct heard *h = malloc(sizeof *h + length);
    if (h == NULL) die("remembering");
    *h = (struct heard){.at = at, .phone = phone, .length = length};
    memcpy(h->bytes, bytes, length);
    *last = h;
    last = &h->next;
}

static void forget(void)
{
    for (struct heard *h = first, *next; h != NULL; h = next) {
        next = h->next;
        free(h);
    }
    first = NULL;
    last = &first;
}

static void take_line(char *line)
{
    if (strcmp(line, "clear") == 0) forget();
    if (strcmp(line, "dump") != 0) return;
    for (struct heard *h = first; h != NULL; h = h->next) {
        printf("heard %u %llu %llu ", h->phone, (unsigned long long)h->at.read, (unsigned long long)h->at.arrived);
        for (size_t i = 0; i < h->length; i++) printf("%02x", h->bytes[i]);
        putchar('\n');
    }
    say("end");
}

static uint32_t get(const uint8_t *at) { return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24; }

static void put(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++, value >>= 8) at[i] = (uint8_t)value;
}

static void answer(struct connection *c, const char *command, uint32_t arg0, uint32_t arg1, const void *payload, size_t length)
{
    uint8_t packet[HEAD + 512];
    if (length > sizeof packet - HEAD) length = sizeof packet - HEAD;
    memcpy(packet, command, 4);
    put(packet + 4, arg0);
    put(packet + 8, arg1);
    put(packet + 12, (uint32_t)length);
    put(packet + 16, 0);
    put(packet + 20, ~get(packet));
    if (length > 0) memcpy(packet + HEAD, payload, length);
    // Answers are few and small: a socket that does not take one has nobody behind it.
    if (write(c->fd, packet, HEAD + length) != (ssize_t)(HEAD + length)) shutdown(c->fd, SHUT_RDWR);
}

// What a shell that ends at once prints, with exit code 0, as packets of the shell protocol.
static size_t shell_says(const char *command, unsigned phone, uint8_t *out, size_t size)
{
    char text[64] = "";
    if (strstr(command, "getprop ro.boot.ancloud_phone") != NULL) snprintf(text, sizeof text, "ph_fleet%u\n", phone);
    if (strcmp(command, "wm size") == 0) snprintf(text, sizeof text, "Physical size: 720x1280\n");
    if (strncmp(command, "dumpsys window", 14) == 0) snprintf(text, sizeof text, "  init=720x1280 320dpi cur=720x1280\n");
    size_t length = strlen(text), at = 0;
    if (size < length + 11) return 0;
    if (length > 0) {
        out[at] = 1;
        put(out + 1, (uint32_t)length);
        memcpy(out + 5, text, length);
        at = 5 + length;
    }
    out[at] = 3;
    put(out + at + 1, 1);
    out[at + 5] = 0;
    return at + 6;
}

static void open_stream(struct connection *c, uint32_t remote, const char *service)
{
    unsigned i = 0;
    while (i < STREAMS && c->streams[i].kind != FREE) i++;
    const char *command = strncmp(service, "shell", 5) == 0 ? strchr(service, ':') : NULL;
    enum kind kind = strncmp(service, "localabstract:scrcpy_", 21) == 0 ? CONTROL
                     : strcmp(service, "sync:") == 0                      ? SYNC
                     : command == NULL                                    ? FREE
                     : strstr(command, "com.genymobile.scrcpy.Server")    ? LASTING
                                                                          : ONCE;
    if (i == STREAMS || kind == FREE) return answer(c, "CLSE", 0, remote, NULL, 0);
    c->streams[i] = (struct stream){kind, remote};
    answer(c, "OKAY", i + 1, remote, NULL, 0);
    uint8_t says[1 + NAME] = {0};
    if (kind == CONTROL) {
        // The byte that tells of a connection through adb, and the device's name.
        memcpy(says + 1, "fleet", 5);
        answer(c, "WRTE", i + 1, remote, says, sizeof says);
    }
    if (kind == ONCE) answer(c, "WRTE", i + 1, remote, says, shell_says(command + 1, c->phone, says, sizeof says));
}

static void take_packet(struct connection *c, struct when at, uint8_t *payload, size_t length)
{
    const uint8_t *head = c->bytes;
    uint32_t arg0 = get(head + 4), arg1 = get(head + 8);
    static const char banner[] = "device::ro.product.name=fleet;ro.product.model=Fleet;ro.product.device=fleet;features=shell_v2,cmd";
    if (memcmp(head, "CNXN", 4) == 0) return answer(c, "CNXN", 0x01000001, PAYLOAD, banner, sizeof banner - 1);
    if (memcmp(head, "OPEN", 4) == 0) {
        char service[4096];
        size_t size = length < sizeof service - 1 ? length : sizeof service - 1;
        memcpy(service, payload, size);
        service[size] = '\0';
        return open_stream(c, arg0, service);
    }
    if (arg1 == 0 || arg1 > STREAMS || c->streams[arg1 - 1].kind == FREE) return;
    struct stream *s = &c->streams[arg1 - 1];
    if (memcmp(head, "CLSE", 4) == 0) {
        answer(c, "CLSE", arg1, s->remote, NULL, 0);
        s->kind = FREE;
    } else if (memcmp(head, "OKAY", 4) == 0 && s->kind == ONCE) {
        // All it had to say has come.
        answer(c, "CLSE", arg1, s->remote, NULL, 0);
        s->kind = FREE;
    } else if (memcmp(head, "WRTE", 4) == 0) {
        if (s->kind == CONTROL) hear(c->phone, at, payload, length);
        answer(c, "OKAY", arg1, s->remote, NULL, 0);
        // A request stands at the end of what its client writes: DONE and a time.
        if (s->kind == SYNC && length >= 8 && memcmp(payload + length - 8, "DONE", 4) == 0)
            answer(c, "WRTE", arg1, s->remote, "OKAY\0\0\0\0", 8);
    }
}

// Reads as read(2) does, and says when. What came in several packets has the stamp of the last.
static ssize_t read_stamped(const struct connection *c, void *into, size_t size, struct when *at)
{
    struct iovec part = {into, size};
    union { char bytes[256]; struct cmsghdr aligned; } control;
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    ssize_t got = recvmsg(c->fd, &message, 0);
    *at = (struct when){.read = clock_ns(), .arrived = 0};
    if (got <= 0) return got;
    for (struct cmsghdr *one = CMSG_FIRSTHDR(&message); one != NULL; one = CMSG_NXTHDR(&message, one)) {
        if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SCM_TIMESTAMPING) continue;
        struct timespec stamp, now;
        memcpy(&stamp, CMSG_DATA(one), sizeof stamp);
        // Software stamps are of the wall's clock.
        clock_gettime(CLOCK_REALTIME, &now);
        at->arrived = at->read - (uint64_t)((now.tv_sec - stamp.tv_sec) * 1000000000LL + (now.tv_nsec - stamp.tv_nsec));
    }
    return got;
}

static void take_bytes(struct connection *c)
{
    struct when at;
    ssize_t got = read_stamped(c, c->bytes + c->held, sizeof c->bytes - c->held, &at);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (got <= 0) {
        close(c->fd);
        free(c);
        return;
    }
    c->held += (size_t)got;
    if (c->held >= 4 && memcmp(c->bytes, "CNXN", 4) != 0 && memcmp(c->bytes, "OPEN", 4) != 0 && memcmp(c->bytes, "WRTE", 4) != 0 &&
        memcmp(c->bytes, "OKAY", 4) != 0 && memcmp(c->bytes, "CLSE", 4) != 0 && memcmp(c->bytes, "AUTH", 4) != 0)
        c->bare = true;
    if (c->bare) {
        hear(c->phone, at, c->bytes, c->held);
        c->held = 0;
        return;
    }
    while (c->held >= HEAD) {
        size_t length = get(c->bytes + 12);
        if (length > PAYLOAD) {
            shutdown(c->fd, SHUT_RDWR);
            return;
        }
        if (c->held < HEAD + length) return;
        take_packet(c, at, c->bytes + HEAD, length);
        c->held -= HEAD + length;
        memmove(c->bytes, c->bytes + HEAD + length, c->held);
    }
}

static void watch(int fd, unsigned phone, bool listens)
{
    struct connection *c = calloc(1, sizeof *c);
    if (c == NULL) die("a connection");
    c->fd = fd;
    c->phone = phone;
    c->listens = listens;
    struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &wanted) != 0) die("watching");
}

static void accept_one(const struct connection *listener)
{
    int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), on = 1;
    unsigned stamps = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
    if (fd < 0) return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &stamps, sizeof stamps) != 0) die("asking for stamps");
    watch(fd, listener->phone, false);
}

static void listen_as(unsigned phone, uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    uint32_t host = 127u << 24 | 1u << 16 | phone / PER_BLOCK << 8 | (1 + phone % PER_BLOCK);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(host)};
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 ||
        listen(fd, 4) != 0)
        die("listening");
    watch(fd, phone, true);
}

int main(int argc, char **argv)
{
    long phones = argc == 3 ? strtol(argv[1], NULL, 10) : 0, port = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
    if (phones < 1 || phones > MAX_PHONES || port < 1 || port > 65535) {
        fprintf(stderr, "usage: fleet PHONES(1-%d) PORT\n", MAX_PHONES);
        return 2;
    }
    if ((poller = epoll_create1(EPOLL_CLOEXEC)) < 0) die("polling");
    struct epoll_event input = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, 0, &input) != 0) die("standard input");
    for (long i = 0; i < phones; i++) listen_as((unsigned)i, (uint16_t)port);
    say("ready");
    for (;;) {
        struct epoll_event events[EVENTS];
        int count = epoll_wait(poller, events, EVENTS, -1);
        if (count < 0 && errno != EINTR) die("waiting");
        for (int i = 0; i < count; i++) {
            struct connection *c = events[i].data.ptr;
            if (c == NULL) {
                if (!lines_read(take_line)) return 0;
            } else if (c->listens) accept_one(c);
            else take_bytes(c);
        }
    }
}
