// Actions: what init.rc `on` sections say, the queue they wait in, and the commands they are made of.
//
// An action runs when its event is triggered and all its property conditions hold; one without event runs when a
// property changes so that all conditions hold. Property conditions sleep until actions_enable_properties(), as in
// AOSP init ("queue_property_triggers"). Commands run one at a time; `exec` holds the queue until its program ends.
#pragma once

#include <stdbool.h>
#include <sys/types.h>

// Reads one .rc file, or all *.rc of a directory in the order of their names. Mistakes are logged with file and line.
void rc_load(const char *path);

// Queues the event: its actions come after everything that waits already.
void action_trigger(const char *event);
// Queues the actions whose conditions this change fulfils.
void action_property(const char *name, const char *value);
// From here on properties trigger; queues all actions whose conditions hold already.
void actions_enable_properties(void);

// Runs one command of the queue. False when there was none, or an exec holds it.
bool action_step(void);
// A process has ended: releases the queue when it was the exec's.
void action_ended(pid_t pid);

// Runs one command now. who: for the log.
void action_command(char **words, const char *who);
