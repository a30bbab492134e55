#include "servers.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "pace.h"

enum { MAX_PHONES = 1000, SCID = 8, HEAD_AND_SOME = 12 };

// Of each phone the newest server with video.
static struct {
    char scid[SCID + 1];
    bool sound;
    unsigned sockets;  // that were opened
} media[MAX_PHONES];

static struct pace film;
static struct part picture;

void servers_start(unsigned phone, const char *command)
{
    const char *scid = strstr(command, "scid=");
    if (phone >= MAX_PHONES || scid == NULL || strstr(command, "video=false") != NULL) return;
    snprintf(media[phone].scid, sizeof media[phone].scid, "%s", scid + 5);
    media[phone].sound = strstr(command, "audio=false") == NULL;
    media[phone].sockets = 0;
}

enum servers_socket servers_socket(unsigned phone, const char *name)
{
    if (phone >= MAX_PHONES || media[phone].scid[0] == '\0' || strcmp(name + strlen("scrcpy_"), media[phone].scid) != 0) return SERVERS_CONTROL;
    unsigned number = media[phone].sockets++;
    if (number == 0) return SERVERS_VIDEO;
    return number == 1 && media[phone].sound ? SERVERS_AUDIO : SERVERS_MEDIA_CONTROL;
}

void servers_show(const char *file)
{
    struct part parts[PACE_PARTS];
    if (!pace_open(&film, file)) exit(1);
    if (pace_next(&film, parts) != 1 || parts[0].length <= HEAD_AND_SOME) {
        fprintf(stderr, "%s: not one picture\n", file);
        exit(1);
    }
    picture = parts[0];
}

static void say(int video, const void *bytes, size_t length)
{
    if (send(video, bytes, length, MSG_NOSIGNAL) != (ssize_t)length) shutdown(video, SHUT_RDWR);
}

void servers_begin(int video)
{
    say(video, film.head, film.head_length);
    servers_again(video);
}

void servers_again(int video)
{
    pace_stamp(picture.bytes, clock_ns() / 1000);
    say(video, picture.bytes, picture.length);
}
