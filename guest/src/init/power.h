// Ending the phone: sys.powerctl and fatal failures.
#pragma once

#include <stdbool.h>

// A sys.powerctl value: "shutdown[,reason]", "thermal-shutdown[,reason]" or "reboot[,target]". Stops all services: SIGTERM,
// at most SHUTDOWN_GRACE_MS, SIGKILL; sync; reboot(2). In a pid namespace that ends the namespace: init's parent sees
// SIGINT for a shutdown, SIGHUP for a reboot. Without CAP_SYS_BOOT it says so and init exits with status 1.
// Returns false, having done nothing but log, for an unknown value.
bool power_begin(const char *command);

// To be called from the loop: moves a begun shutdown on. Returns ms until it wants to be called again, -1 when none runs.
int power_step(void);

// At once, without stopping anything first. Does not return.
_Noreturn void power_now(const char *command);

enum {
    SHUTDOWN_ANSWER_MS = 50,  // at least between the command and the end
    SHUTDOWN_GRACE_MS = 2500, // between SIGTERM and SIGKILL
    SHUTDOWN_KILL_MS = 300,   // after SIGKILL
};
