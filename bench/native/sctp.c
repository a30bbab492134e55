#include "sctp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <usrsctp.h>

enum { PORT = 5000, PPID_BINARY = 53, STREAMS = 16, WIDE = 8 << 20 };

struct channel {
    SSL *ssl;
    struct socket *socket;
    uint64_t packets;
    bool connected;
};

static int output(void *address, void *packet, size_t length, uint8_t tos, uint8_t set_df)
{
    (void)tos, (void)set_df;
    struct channel *c = address;
    // What DTLS does not take is lost, as a datagram may be; SCTP sends it again.
    if (SSL_write(c->ssl, packet, (int)length) > 0) c->packets++;
    return 0;
}

// Called by usrsctp for what comes in: notifications alone, since the farm sends viewers nothing by SCTP.
static int receive(struct socket *socket, union sctp_sockstore from, void *data, size_t length, struct sctp_rcvinfo info,
                   int flags, void *context)
{
    (void)socket, (void)from, (void)info;
    struct channel *c = context;
    const union sctp_notification *told = data;
    if (data != NULL && (flags & MSG_NOTIFICATION) != 0 && length >= sizeof told->sn_assoc_change &&
        told->sn_header.sn_type == SCTP_ASSOC_CHANGE)
        c->connected = told->sn_assoc_change.sac_state == SCTP_COMM_UP;
    free(data);
    return 1;
}

void sctp_setup(void)
{
    // Without threads of its own: packets come in and timers run where this process says.
    usrsctp_init_nothreads(0, output, NULL);
    usrsctp_sysctl_set_sctp_ecn_enable(0);
}

static bool configure(struct socket *socket)
{
    int on = 1;
    struct sctp_initmsg streams = {.sinit_num_ostreams = STREAMS, .sinit_max_instreams = STREAMS};
    struct sctp_event change = {.se_assoc_id = SCTP_ALL_ASSOC, .se_type = SCTP_ASSOC_CHANGE, .se_on = 1};
    return usrsctp_set_non_blocking(socket, 1) == 0 &&
           usrsctp_setsockopt(socket, IPPROTO_SCTP, SCTP_NODELAY, &on, sizeof on) == 0 &&
           usrsctp_setsockopt(socket, IPPROTO_SCTP, SCTP_INITMSG, &streams, sizeof streams) == 0 &&
           usrsctp_setsockopt(socket, IPPROTO_SCTP, SCTP_EVENT, &change, sizeof change) == 0;
}

struct channel *sctp_connect(SSL *ssl)
{
    struct channel *c = calloc(1, sizeof *c);
    if (c == NULL) return NULL;
    c->ssl = ssl;
    usrsctp_register_address(c);
    c->socket = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, receive, NULL, 0, c);
    struct sockaddr_conn at = {.sconn_family = AF_CONN, .sconn_port = htons(PORT), .sconn_addr = c};
    struct sockaddr *address = (struct sockaddr *)&at;
    if (c->socket != NULL && configure(c->socket) && usrsctp_bind(c->socket, address, sizeof at) == 0 &&
        (usrsctp_connect(c->socket, address, sizeof at) == 0 || errno == EINPROGRESS))
        return c;
    if (c->socket != NULL) usrsctp_close(c->socket);
    usrsctp_deregister_address(c);
    free(c);
    return NULL;
}

bool sctp_connected(const struct channel *c)
{
    return c->connected;
}

uint64_t sctp_packets(const struct channel *c)
{
    return c->packets;
}

void sctp_take(struct channel *c, const uint8_t *packet, size_t length)
{
    usrsctp_conninput(c, packet, length, 0);
}

bool sctp_send(struct channel *c, uint16_t stream, bool unreliable, const uint8_t *message, size_t length)
{
    struct sctp_sendv_spa how = {
        .sendv_flags = SCTP_SEND_SNDINFO_VALID | (unreliable ? SCTP_SEND_PRINFO_VALID : 0u),
        .sendv_sndinfo = {.snd_sid = stream,
                          .snd_flags = (uint16_t)(SCTP_EOR | (unreliable ? SCTP_UNORDERED : 0)),
                          .snd_ppid = htonl(PPID_BINARY)},
        .sendv_prinfo = {.pr_policy = SCTP_PR_SCTP_RTX, .pr_value = 0},
    };
    ssize_t sent = usrsctp_sendv(c->socket, message, length, NULL, 0, &how, sizeof how, SCTP_SENDV_SPA, 0);
    return sent == (ssize_t)length;
}

bool sctp_widen(struct channel *c)
{
    int room = WIDE;
    return usrsctp_setsockopt(c->socket, SOL_SOCKET, SO_SNDBUF, &room, sizeof room) == 0;
}

bool sctp_send_odd(struct channel *c, const struct sctp_oddity *as, const uint8_t *message, size_t length)
{
    int open = as->open;
    struct sctp_sndinfo how = {
        .snd_sid = as->stream,
        .snd_flags = (uint16_t)((as->open ? 0 : SCTP_EOR) | (as->unordered ? SCTP_UNORDERED : 0)),
        .snd_ppid = htonl(as->ppid),
    };
    return usrsctp_setsockopt(c->socket, IPPROTO_SCTP, SCTP_EXPLICIT_EOR, &open, sizeof open) == 0 &&
           usrsctp_sendv(c->socket, message, length, NULL, 0, &how, sizeof how, SCTP_SENDV_SNDINFO, 0) == (ssize_t)length;
}

bool sctp_reset(struct channel *c)
{
    struct sctp_reset_streams all = {.srs_assoc_id = SCTP_ALL_ASSOC, .srs_flags = SCTP_STREAM_RESET_OUTGOING};
    return usrsctp_setsockopt(c->socket, IPPROTO_SCTP, SCTP_RESET_STREAMS, &all, sizeof all) == 0;
}

void sctp_tick(uint32_t elapsed_ms)
{
    usrsctp_handle_timers(elapsed_ms);
}
