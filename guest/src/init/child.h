// The child's side between fork and exec: everything a service's process gets before its program runs.
#pragma once

#include "service.h"

// Makes /dev/socket/<name>, listening if the type does. The fd, or -1 (logged). Parent's side.
int child_socket(const struct service_socket *k);

// Becomes the service: session, signals, stdio, sockets (ANDROID_SOCKET_<name>), groups, uid, capabilities, exec.
// Never returns; exits 127 when the program cannot be run.
_Noreturn void child_become(const struct service *s, const int *sockets);
