// com.genymobile.scrcpy.Server: serves one client, then ends.
#pragma once

// argv = version key=value…; jar = first entry of the class path. Returns the exit status.
int server_main(int argc, char **argv, const char *jar);
