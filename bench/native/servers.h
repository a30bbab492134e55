// scrcpy servers of the fleet's phones: which of their sockets is which (DesktopConnection.java), and what they show.
#pragma once
#include <stdint.h>

enum servers_socket { SERVERS_CONTROL, SERVERS_VIDEO, SERVERS_AUDIO, SERVERS_MEDIA_CONTROL };

// A phone was told to start one, by this command. One with video takes the place of the phone's last.
void servers_start(unsigned phone, const char *command);

// What the next socket of that name is. A name that no server with video has is a control server's.
enum servers_socket servers_socket(unsigned phone, const char *name);

// The picture that all phones show: a file of pace.h with one frame, as native/app_process plays it. Ends the process when it is none.
void servers_show(const char *file);

// Writes the beginning of a video socket, and the picture; the picture alone, as after RESET_VIDEO. A socket that does not take it has
// nobody behind it.
void servers_begin(int video);
void servers_again(int video);
