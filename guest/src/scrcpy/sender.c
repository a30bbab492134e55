#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "session.h"
#include "sender.h"
#include "stream.h"

#define QUEUE 16

struct packet {
    size_t n;
    uint8_t bytes[];
};

struct sender {
    struct session *session;
    pthread_t thread;
    pthread_mutex_t lock;
    struct packet *queue[QUEUE];  // guarded by lock
    int count;
    int wake;                     // eventfd
    int watch;                    // connection that hears of the clipboard, -1: no autosync
    _Atomic bool stopping;
};

static void send_later(struct sender *q, struct packet *p, int type)
{
    pthread_mutex_lock(&q->lock);
    bool room = q->count < QUEUE;
    if (room) q->queue[q->count++] = p;
    pthread_mutex_unlock(&q->lock);
    if (!room) {
        LNW("Device message dropped: %d", type);
        free(p);
    }
    eventfd_write(q->wake, 1);
}

void sender_clipboard(struct sender *q, const char *text, size_t n)
{
    struct packet *p = malloc(sizeof *p + 5 + n);
    if (!p) return;
    p->n = 5 + n;
    p->bytes[0] = 0;
    for (int i = 0; i < 4; i++) p->bytes[1 + i] = (uint8_t)(n >> (24 - 8 * i));
    memcpy(p->bytes + 5, text, n);
    send_later(q, p, 0);
}

void sender_ack(struct sender *q, uint64_t sequence)
{
    struct packet *p = malloc(sizeof *p + 9);
    if (!p) return;
    p->n = 9;
    p->bytes[0] = 1;
    for (int i = 0; i < 8; i++) p->bytes[1 + i] = (uint8_t)(sequence >> (56 - 8 * i));
    send_later(q, p, 1);
}

static bool flush_queue(struct sender *q)
{
    for (;;) {
        pthread_mutex_lock(&q->lock);
        struct packet *p = q->count ? q->queue[0] : NULL;
        if (p) memmove(q->queue, q->queue + 1, (size_t)--q->count * sizeof *q->queue);
        pthread_mutex_unlock(&q->lock);
        if (!p) return true;
        int r = write_fully(q->session->control_fd, p->bytes, p->n);
        free(p);
        if (r < 0) return false;
    }
}

static bool clipboard_changed(struct sender *q)
{
    char *packet = malloc(WIN_PACKET_MAX);
    if (!packet) return false;
    ssize_t n = recv(q->watch, packet, WIN_PACKET_MAX, 0);
    struct win_head h;
    if (n >= (ssize_t)sizeof h) {
        memcpy(&h, packet, sizeof h);
        if (h.type == WIN_CLIP_CHANGED) sender_clipboard(q, packet + sizeof h, (size_t)n - sizeof h);
    }
    free(packet);
    return n > 0;
}

static void *loop(void *arg)
{
    struct sender *q = arg;
    struct pollfd p[2] = {{q->wake, POLLIN, 0}, {q->watch, POLLIN, 0}};
    eventfd_t count;
    while (!q->stopping && poll(p, 2, -1) >= 0) {
        if (p[0].revents) eventfd_read(q->wake, &count);
        if (p[1].revents && !clipboard_changed(q)) {
            if (!q->stopping) LNE("Lost the connection to system_server");
            session_ended(q->session, true);
            p[1].fd = -1;
        }
        if (!flush_queue(q)) break;
    }
    LND("Device message sender stopped");
    return NULL;
}

struct sender *sender_start(struct session *s)
{
    struct sender *q = calloc(1, sizeof *q);
    if (!q) return NULL;
    q->session = s;
    pthread_mutex_init(&q->lock, NULL);
    q->wake = eventfd(0, EFD_CLOEXEC);
    q->watch = -1;
    if (s->options.clipboard_autosync) {
        struct win_head h = {.type = WIN_CLIP_WATCH};
        q->watch = window_connect();
        // The answer is awaited, so that no change after this call is missed.
        if (q->watch < 0 || window_call(q->watch, &h, sizeof h, NULL, 0, NULL, NULL) < 0)
            LNW("No clipboard manager, copy-paste between device and computer will not work");
    }
    if (pthread_create(&q->thread, NULL, loop, q)) {
        free(q);
        return NULL;
    }
    return q;
}

void sender_stop(struct sender *q)
{
    q->stopping = true;
    eventfd_write(q->wake, 1);
    pthread_join(q->thread, NULL);
    close(q->wake);
    if (q->watch >= 0) close(q->watch);
    while (q->count) free(q->queue[--q->count]);
    free(q);
}
