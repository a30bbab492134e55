// The property service: who may set what, over /dev/socket/property_service.
//
// Every connection is served to its end before anything else happens, so changes have one order. A client has 2 s to say
// all, as with AOSP's init; normally its request is there at once.
#pragma once

// The listening socket, mode 0666; -1 with errno.
int propservice_listen(const char *path);

// Accepts and serves one client.
void propservice_serve(int listener);
