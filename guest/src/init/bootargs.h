// androidboot.* and ro.* parameters: from init's arguments in redroid's manner or, when those hold no androidboot.*,
// from the kernel command line in Android's. Pure: text in, pairs out.
#pragma once

// Called for each property found, in order. name has its final form (androidboot.x arrives as ro.boot.x).
typedef void (*bootarg_sink)(const char *name, const char *value, void *cookie);

// The words of one text, split at blanks; "..." keeps blanks and loses its quotes (as the kernel's own parser does).
// Takes androidboot.x=value, and ro.x=value when overrides is true. Returns how many androidboot.* there were.
int bootargs_parse(const char *text, int overrides, bootarg_sink sink, void *cookie);
