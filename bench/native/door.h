// A phone's door as phone-shim has it (services/container-svc/shim/README.md): a unix SOCK_SEQPACKET socket that hands out its scrcpy
// sockets. This one serves a phone without processes: its servers listen always, and nobody counts who is connected.
#pragma once

// Listens at `path`, in place of what may be there. Answers the socket; -1 and errno when it could not.
int door_listen(const char *path);

enum door_outcome { DOOR_WAITS, DOOR_PASSED, DOOR_ENDED };

// Holds a name and its end.
enum { DOOR_NAME = 16 };

// Answers one request of a connection. With DOOR_PASSED `*stream` is the phone's end of the socket that was passed, and `name` its name.
enum door_outcome door_answer(int connection, int *stream, char name[DOOR_NAME]);
