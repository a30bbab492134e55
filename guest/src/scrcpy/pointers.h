// Which fingers scrcpy's server believes to be down (server/…/control/PointersState.java): at most ten, each with a local id;
// one is freed by UP alone, after the event that carried the UP.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "screen/window.h"

struct pointers {
    struct {
        uint64_t id;       // the client's
        int local;         // 0..9, the phone's
        float x, y, pressure;
        bool up;
    } at[WIN_POINTERS];
    int count;
};

int pointers_index(struct pointers *p, uint64_t id);  // of a known or new pointer; -1 when there are ten others
// Fills the event's pointers and forgets those that are up. Returns their number as of the event.
int pointers_update(struct pointers *p, struct win_pointer out[WIN_POINTERS]);
