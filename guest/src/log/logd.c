// logd: keeps what log_write() says and gives it to logcat, on the sockets and in the words of Android's logd
// (AOSP system/logging/logd). The sockets come from init.
//
//   logdw  datagrams: struct log_datagram + payload; who says it is known by SCM_CREDENTIALS
//   logdr  SOCK_SEQPACKET; a client says "stream lids=0,3" or "dumpAndClose lids=0,3", optionally " tail=N" and " pid=N",
//          and gets one packet per entry: struct log_entry + payload. Clients that do not read wait in the kernel's
//          buffer; entries that leave the ring meanwhile are lost to them.
//   logd   stream; "clear <lid>" NUL → "success"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "log/ring.h"

enum { CLIENTS_MAX = 32, QUEUE_MAX = 512, COMMAND_MS = 2000, UID_ROOT = 0, UID_SYSTEM = 1000, UID_LOG = 1007, UID_SHELL = 2000 };

struct client {
    int fd;
    uint32_t lids; // 0: has not said yet what it wants
    int32_t pid;   // 0: of all
    uint64_t sent;
    int dump;      // ends when it has all
    int full;      // its buffer was full: wait until it can be written
    uid_t uid;
};

static struct ring ring;
static struct client clients[CLIENTS_MAX];
static int client_count;

static int from_init(const char *name) {
    char variable[64];
    snprintf(variable, sizeof variable, "ANDROID_SOCKET_%s", name);
    const char *fd = getenv(variable);
    return fd ? atoi(fd) : -1;
}

// false: there was none.
static int take_entry(int fd) {
    char bytes[sizeof(struct log_datagram) + LOG_TEXT_MAX], control[CMSG_SPACE(sizeof(struct ucred))];
    struct iovec part = {bytes, sizeof bytes};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT);
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    struct log_datagram head;
    struct ucred who;
    if (n < 0) return 0;
    if (n < (ssize_t)sizeof head || !c || c->cmsg_type != SCM_CREDENTIALS) return 1;
    memcpy(&head, bytes, sizeof head);
    memcpy(&who, CMSG_DATA(c), sizeof who);
    if (head.id >= LOG_ID_COUNT || (head.id == LOG_ID_KERNEL && who.pid != 1)) return 1;
    struct log_entry entry = {.hdr_size = sizeof entry, .pid = who.pid, .tid = head.tid, .sec = head.sec, .nsec = head.nsec,
                              .lid = head.id, .uid = who.uid};
    ring_add(&ring, &entry, bytes + sizeof head, (uint32_t)n - sizeof head);
    return 1;
}

static uint32_t parse_lids(const char *text) {
    uint32_t lids = 0;
    char *end;
    do {
        unsigned long lid = strtoul(text, &end, 10);
        if (end != text && lid < LOG_ID_COUNT) lids |= 1u << lid;
        text = end + 1;
    } while (*end == ',');
    return lids;
}

// Who may read others' lines: as on Android, root, system, log and shell; an app only its own.
static int privileged(uid_t uid) {
    return uid == UID_ROOT || uid == UID_SYSTEM || uid == UID_LOG || uid == UID_SHELL;
}

static int hear(struct client *c) {
    char text[256];
    ssize_t n = recv(c->fd, text, sizeof text - 1, MSG_DONTWAIT);
    if (n <= 0) return n < 0 && errno == EAGAIN ? 0 : -1;
    text[n] = 0;
    const char *lids = strstr(text, "lids="), *tail = strstr(text, "tail="), *pid = strstr(text, "pid=");
    c->dump = strncmp(text, "dumpAndClose", 12) == 0;
    if (!c->dump && strncmp(text, "stream", 6)) return -1;
    c->lids = lids ? parse_lids(lids + 5) : (1u << LOG_ID_MAIN | 1u << LOG_ID_SYSTEM | 1u << LOG_ID_CRASH);
    c->pid = pid ? atoi(pid + 4) : 0;
    c->sent = tail ? ring_tail(&ring, (uint32_t)strtoul(tail + 5, NULL, 10), c->lids) : 0;
    return c->lids ? 0 : -1;
}

// Sends all that the client lacks. -1: it is gone, or has all it asked for.
static int tell(struct client *c) {
    const struct ring_entry *e;
    c->full = 0;
    while (c->lids && (e = ring_next(&ring, c->sent, c->lids))) {
        int its = (!c->pid || c->pid == e->head.pid) && (privileged(c->uid) || e->head.uid == c->uid);
        struct iovec parts[] = {{(void *)&e->head, sizeof e->head}, {(void *)e->payload, e->head.len}};
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
        if (its && sendmsg(c->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
            c->full = errno == EAGAIN;
            return c->full ? 0 : -1;
        }
        c->sent = e->sequence;
    }
    return c->lids && c->dump ? -1 : 0;
}

static void welcome(int listener) {
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    struct ucred who;
    socklen_t n = sizeof who;
    if (fd < 0) return;
    if (client_count == CLIENTS_MAX || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) < 0) {
        close(fd);
        return;
    }
    clients[client_count++] = (struct client){.fd = fd, .uid = who.uid};
}

static void command(int listener) {
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    char text[64] = "";
    struct ucred who;
    socklen_t n = sizeof who;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    if (fd < 0) return;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 && privileged(who.uid) && poll(&p, 1, COMMAND_MS) > 0 &&
        recv(fd, text, sizeof text - 1, MSG_DONTWAIT) > 0 && strncmp(text, "clear ", 6) == 0) {
        ring_clear(&ring, parse_lids(text + 6));
        if (send(fd, "success", 8, MSG_NOSIGNAL) < 0) { /* did not stay for the answer */ }
    }
    close(fd);
}

int main(void) {
    int writers = from_init("logdw"), readers = from_init("logdr"), commands = from_init("logd");
    if (writers < 0 || readers < 0 || commands < 0) {
        fprintf(stderr, "logd: started without its sockets\n");
        return 1;
    }
    for (;;) {
        struct pollfd fds[3 + CLIENTS_MAX] = {{writers, POLLIN, 0}, {readers, POLLIN, 0}, {commands, POLLIN, 0}};
        for (int i = client_count - 1; i >= 0; i--) {
            if (tell(&clients[i]) == 0) continue;
            close(clients[i].fd);
            clients[i] = clients[--client_count];
        }
        for (int i = 0; i < client_count; i++)
            fds[3 + i] = (struct pollfd){clients[i].fd, clients[i].full ? POLLIN | POLLOUT : POLLIN, 0};
        int polled = client_count;
        if (poll(fds, 3 + (nfds_t)polled, -1) <= 0) continue;
        for (int i = polled - 1; i >= 0; i--) {
            if (!(fds[3 + i].revents & ~POLLOUT) || hear(&clients[i]) == 0) continue;
            close(clients[i].fd);
            clients[i] = clients[--client_count];
        }
        // All that waits, so that who reads after a line was written gets it. Bounded: a flood must not keep readers from being heard.
        for (int i = 0; fds[0].revents && i < QUEUE_MAX && take_entry(writers); i++) {}
        if (fds[1].revents) welcome(readers);
        if (fds[2].revents) command(commands);
    }
}
