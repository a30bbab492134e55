// START_APP (server/…/control/Controller.java startApp): apps by package, or by the beginning of their label.
#pragma once

#include "session.h"

// `name`: a package, or `?` and the beginning of one app's label; a `+` before either stops the app first. What is not found is said in the log.
void start_app(struct session *s, const char *name);
