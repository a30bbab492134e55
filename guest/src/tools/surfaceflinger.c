// surfaceflinger stand-in. Composition is system_server's here; what is left of Android's surfaceflinger is its part in
// the boot: it starts the boot animation and says when it is over.
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log/log.h"
#include "prop/prop.h"

static long long now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

int main(void) {
    long long begin = now_ms();
    prop_set("service.bootanim.exit", "0");
    if (prop_set("ctl.start", "bootanim") < 0) log_print(LOG_ERROR, "SurfaceFlinger", "cannot start bootanim");
    for (;;) {
        uint32_t serial = prop_serial();
        if (prop_get_int("service.bootanim.exit", 0) == 1) break;
        prop_wait(serial, -1);
    }
    log_print(LOG_INFO, "SurfaceFlinger", "Boot is finished (%lld ms)", now_ms() - begin);
    for (;;) pause();
}
