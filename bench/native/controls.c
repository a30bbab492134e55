#include "controls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

struct heard {
    struct heard *next;
    uint64_t ns;
    unsigned phone;
    const char *way;
    size_t length;
    uint8_t bytes[];
};

static struct heard *first, **last = &first;

void controls_greet(uint8_t into[CONTROLS_GREETING])
{
    memset(into, 0, CONTROLS_GREETING);
    memcpy(into + 1, "fleet", 5);
}

void controls_hear(unsigned phone, const char *way, const uint8_t *bytes, size_t length)
{
    uint64_t ns = clock_ns();
    struct heard *h = malloc(sizeof *h + length);
    if (h == NULL) {
        perror("fleet: remembering");
        exit(1);
    }
    *h = (struct heard){.ns = ns, .phone = phone, .way = way, .length = length};
    memcpy(h->bytes, bytes, length);
    *last = h;
    last = &h->next;
}

void controls_forget(void)
{
    for (struct heard *h = first, *next; h != NULL; h = next) {
        next = h->next;
        free(h);
    }
    first = NULL;
    last = &first;
}

void controls_say(void)
{
    for (struct heard *h = first; h != NULL; h = h->next) {
        printf("heard %u %s %llu ", h->phone, h->way, (unsigned long long)h->ns);
        for (size_t i = 0; i < h->length; i++) printf("%02x", h->bytes[i]);
        putchar('\n');
    }
}
