// The text form of init.rc files (AOSP system/core/init/README.md): words, quotes, comments, continued lines.
// Knows nothing of what the words mean. Pure.
#pragma once

enum { RC_WORDS_MAX = 64 };

// Splits one text into lines of words, calling each for every line that has some.
// words[] (words[count] is NULL) are valid during the call. line counts from 1.
void rc_parse(const char *text, void (*each)(int line, int count, char **words, void *cookie), void *cookie);
