// The command line clients of system_server: one program, called by its name (tools.c).
#pragma once

int tool_input(int argc, char **argv);
int tool_screencap(int argc, char **argv);
int tool_am(int argc, char **argv);
int tool_wm(int argc, char **argv);
int tool_settings(int argc, char **argv);
int tool_dumpsys(int argc, char **argv);

// Connection to system_server; ends the program with a clear message when there is none.
int system_server(void);
// Prints "what: reason of errno" and returns 1.
int fail(const char *what);
