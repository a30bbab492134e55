/*
 * rtp_source FRAMES IP PORT: sends the frames of a file (pace.h), each part one datagram, to a UDP port.
 *
 * stdout: `sending`, then at the end one line for each frame: `sent <number from 0> <CLOCK_MONOTONIC ns>`, the time just
 * before its packets were given to the kernel. The head of the file is not sent.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "pace.h"

enum { MAX_FRAMES = 100000 };
static uint64_t sent[MAX_FRAMES];

int main(int argc, char **argv)
{
    struct pace pace;
    struct sockaddr_in to = {.sin_family = AF_INET};
    if (argc != 4 || inet_pton(AF_INET, argv[2], &to.sin_addr) != 1) {
        fprintf(stderr, "usage: rtp_source FRAMES IPV4 PORT\n");
        return 2;
    }
    to.sin_port = htons((uint16_t)atoi(argv[3]));
    if (!pace_open(&pace, argv[1])) return 1;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        perror("rtp_source");
        return 1;
    }
    puts("sending");
    fflush(stdout);
    struct part parts[PACE_PARTS];
    struct iovec vectors[PACE_PARTS];
    struct mmsghdr messages[PACE_PARTS];
    unsigned frames = 0, count;
    while (frames < MAX_FRAMES && (count = pace_next(&pace, parts)) > 0) {
        for (unsigned i = 0; i < count; i++) {
            vectors[i] = (struct iovec){parts[i].bytes, parts[i].length};
            messages[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &vectors[i], .msg_iovlen = 1}};
        }
        sent[frames++] = clock_ns();
        for (unsigned done = 0; done < count;) {
            int now = sendmmsg(fd, messages + done, count - done, 0);
            if (now < 0) {
                perror("rtp_source");
                return 1;
            }
            done += (unsigned)now;
        }
    }
    for (unsigned i = 0; i < frames; i++) printf("sent %u %llu\n", i, (unsigned long long)sent[i]);
    return fflush(stdout) == 0 ? 0 : 1;
}
