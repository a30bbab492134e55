#include "adb.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "controls.h"
#include "servers.h"

enum { HEAD = 24, PAYLOAD = 1 << 16, STREAMS = 64 };
enum kind { FREE, ONCE, LASTING, SYNC, CONTROL };

struct stream {
    enum kind kind;
    uint32_t remote;
};

struct adb {
    int fd;
    unsigned phone;
    struct stream streams[STREAMS];
    size_t held;
    uint8_t bytes[HEAD + PAYLOAD];
};

struct adb *adb_new(int fd, unsigned phone)
{
    struct adb *a = calloc(1, sizeof *a);
    if (a != NULL) {
        a->fd = fd;
        a->phone = phone;
    }
    return a;
}

void adb_free(struct adb *a) { free(a); }

static uint32_t get(const uint8_t *at) { return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24; }

static void put(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++, value >>= 8) at[i] = (uint8_t)value;
}

static void answer(struct adb *a, const char *command, uint32_t arg0, uint32_t arg1, const void *payload, size_t length)
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
    if (send(a->fd, packet, HEAD + length, MSG_NOSIGNAL) != (ssize_t)(HEAD + length)) shutdown(a->fd, SHUT_RDWR);
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

static void open_stream(struct adb *a, uint32_t remote, const char *service)
{
    unsigned i = 0;
    while (i < STREAMS && a->streams[i].kind != FREE) i++;
    const char *command = strncmp(service, "shell", 5) == 0 ? strchr(service, ':') : NULL;
    enum kind kind = strncmp(service, "localabstract:scrcpy_", 21) == 0 ? CONTROL
                     : strcmp(service, "sync:") == 0                      ? SYNC
                     : command == NULL                                    ? FREE
                     : strstr(command, "com.genymobile.scrcpy.Server")    ? LASTING
                                                                          : ONCE;
    // Pictures are to be had by the door.
    if (kind == CONTROL && servers_socket(a->phone, service + strlen("localabstract:")) != SERVERS_CONTROL) kind = FREE;
    if (i == STREAMS || kind == FREE) return answer(a, "CLSE", 0, remote, NULL, 0);
    if (kind == LASTING) servers_start(a->phone, command);
    a->streams[i] = (struct stream){kind, remote};
    answer(a, "OKAY", i + 1, remote, NULL, 0);
    uint8_t says[128] = {0};
    if (kind == CONTROL) {
        controls_greet(says);
        answer(a, "WRTE", i + 1, remote, says, CONTROLS_GREETING);
    }
    if (kind == ONCE) answer(a, "WRTE", i + 1, remote, says, shell_says(command + 1, a->phone, says, sizeof says));
}

static void take_packet(struct adb *a, uint8_t *payload, size_t length)
{
    const uint8_t *head = a->bytes;
    uint32_t arg0 = get(head + 4), arg1 = get(head + 8);
    static const char banner[] = "device::ro.product.name=fleet;ro.product.model=Fleet;ro.product.device=fleet;features=shell_v2,cmd";
    if (memcmp(head, "CNXN", 4) == 0) return answer(a, "CNXN", 0x01000001, PAYLOAD, banner, sizeof banner - 1);
    if (memcmp(head, "OPEN", 4) == 0) {
        char service[4096];
        size_t size = length < sizeof service - 1 ? length : sizeof service - 1;
        memcpy(service, payload, size);
        service[size] = '\0';
        return open_stream(a, arg0, service);
    }
    if (arg1 == 0 || arg1 > STREAMS || a->streams[arg1 - 1].kind == FREE) return;
    struct stream *s = &a->streams[arg1 - 1];
    if (memcmp(head, "CLSE", 4) == 0) {
        answer(a, "CLSE", arg1, s->remote, NULL, 0);
        s->kind = FREE;
    } else if (memcmp(head, "OKAY", 4) == 0 && s->kind == ONCE) {
        // All it had to say has come.
        answer(a, "CLSE", arg1, s->remote, NULL, 0);
        s->kind = FREE;
    } else if (memcmp(head, "WRTE", 4) == 0) {
        if (s->kind == CONTROL) controls_hear(a->phone, "adb", payload, length);
        answer(a, "OKAY", arg1, s->remote, NULL, 0);
        // A request stands at the end of what its client writes: DONE and a time.
        if (s->kind == SYNC && length >= 8 && memcmp(payload + length - 8, "DONE", 4) == 0)
            answer(a, "WRTE", arg1, s->remote, "OKAY\0\0\0\0", 8);
    }
}

bool adb_read(struct adb *a)
{
    ssize_t got = read(a->fd, a->bytes + a->held, sizeof a->bytes - a->held);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return true;
    if (got <= 0) return false;
    a->held += (size_t)got;
    while (a->held >= HEAD) {
        size_t length = get(a->bytes + 12);
        if (length > PAYLOAD) return false;
        if (a->held < HEAD + length) break;
        take_packet(a, a->bytes + HEAD, length);
        a->held -= HEAD + length;
        memmove(a->bytes, a->bytes + HEAD + length, a->held);
    }
    return true;
}
