// log [-p PRIORITY] [-t TAG] TEXT...: writes one line to the log.
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log/log.h"

int main(int argc, char **argv) {
    static const char letters[] = "vdiwef";
    const char *tag = "log", *p;
    int option, priority = LOG_INFO;
    char text[LOG_TEXT_MAX] = "";
    while ((option = getopt(argc, argv, "p:t:")) != -1) {
        if (option == 't') tag = optarg;
        if (option == 'p' && (p = strchr(letters, optarg[0] | 0x20)) && *p) priority = LOG_VERBOSE + (int)(p - letters);
        if (option == '?') return 1;
    }
    if (optind == argc) {
        fprintf(stderr, "usage: log [-p v|d|i|w|e|f] [-t TAG] TEXT...\n");
        return 1;
    }
    for (size_t n = 0; optind < argc && n < sizeof text; optind++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", n ? " " : "", argv[optind]);
    log_write(LOG_ID_MAIN, (enum log_priority)priority, tag, text);
    return 0;
}
