// bootanimation: runs until service.bootanim.exit is 1, as Android's does; here nothing is drawn (system_server's first
// frame is the first picture), but init.svc.bootanim tells the host how far the boot is.
#include <string.h>

#include "log/log.h"
#include "prop/prop.h"

int main(void) {
    log_print(LOG_INFO, "BootAnimation", "waiting for service.bootanim.exit");
    for (;;) {
        uint32_t serial = prop_serial(); // before looking: a change in between ends the wait at once
        if (prop_get_int("service.bootanim.exit", 0) == 1) return 0;
        prop_wait(serial, -1);
    }
}
