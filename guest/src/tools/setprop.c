// setprop NAME VALUE
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "prop/prop.h"

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: setprop NAME VALUE\n\nSets an Android system property.\n");
        return 1;
    }
    if (prop_set(argv[1], argv[2]) == 0) return 0;
    fprintf(stderr, "Failed to set property '%s' to '%s': %s.\nSee logcat for error reason.\n", argv[1], argv[2],
            strerror(errno));
    return 1;
}
