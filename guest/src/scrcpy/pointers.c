#include "pointers.h"

int pointers_index(struct pointers *p, uint64_t id)
{
    unsigned used = 0;
    for (int i = 0; i < p->count; i++) {
        if (p->at[i].id == id) return i;
        used |= 1u << p->at[i].local;
    }
    if (p->count == WIN_POINTERS) return -1;
    int local = 0;
    while (used >> local & 1) local++;
    p->at[p->count].id = id;
    p->at[p->count].local = local;
    p->at[p->count].up = false;
    return p->count++;
}

int pointers_update(struct pointers *p, struct win_pointer out[WIN_POINTERS])
{
    int count = p->count, kept = 0;
    for (int i = 0; i < count; i++) {
        out[i] = (struct win_pointer){p->at[i].local, p->at[i].x, p->at[i].y, p->at[i].pressure};
        if (!p->at[i].up) p->at[kept++] = p->at[i];
    }
    p->count = kept;
    return count;
}
