// What the threads of one server process share: the client's connection, the way events find their place, the end.
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "ln.h"
#include "options.h"
#include "screen/screen.h"
#include "screen/window.h"

enum reset { RESET_DISPLAY = 2, RESET_CLIENT = 4, RESET_RESIZED = 8 };  // CaptureControl.java

struct session {
    struct options options;
    int video_fd, audio_fd, control_fd;  // -1 when not asked for; owned, closed at the end
    int window;                          // connection to system_server, for requests
    pthread_mutex_t window_lock;         // one request at a time
    struct screen screen;
    _Atomic bool stopping;
    _Atomic int resets;                  // enum reset bits that ask the encoder to begin anew
    int wake[2];                         // pipe: a thread that ended writes 'f' (fatal) or 'e'
    int cleanup_fd;                      // to the clean-up process, -1: none

    // Where positional events go, written by the video thread, read by control.
    pthread_mutex_t mapping_lock;
    bool mapped;
    int video_width, video_height, device_width, device_height, offset_x, offset_y;
};

// A request to system_server over the session's connection; see window_call.
int session_call(struct session *s, void *request, size_t size, const void *text, size_t n, char **out, size_t *out_n);
// Asks the encoder to begin anew.
void session_reset(struct session *s, enum reset why);
void session_ended(struct session *s, bool fatal);  // a thread says that it is done

// The size of the video for a display of w x h, by the rules of the session's version.
void video_size(const struct options *o, int w, int h, int *out_w, int *out_h);

void *video_thread(void *session);
void *audio_thread(void *session);
void *control_thread(void *session);     // also starts and joins the sender
void log_encoders(enum ln_level level, const char *before);
