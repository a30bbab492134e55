#include "rc.h"

#include <stdlib.h>
#include <string.h>

struct parser {
    const char *at;
    char *buffer, *write;
    int line, count;
    char *words[RC_WORDS_MAX + 1];
};

// Takes one word at p->at into the buffer. Words end at blanks outside quotes.
static void word(struct parser *p) {
    char *start = p->write;
    int quoted = 0;
    for (; *p->at && *p->at != '\n' && (quoted || (*p->at != ' ' && *p->at != '\t' && *p->at != '\r')); p->at++) {
        if (*p->at == '"') {
            quoted = !quoted;
        } else if (*p->at == '\\' && p->at[1] == '\n') {
            p->at++;
            p->line++;
        } else if (*p->at == '\\' && p->at[1]) {
            char c = *++p->at;
            *p->write++ = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
        } else {
            *p->write++ = *p->at;
        }
    }
    *p->write++ = 0;
    if (p->count < RC_WORDS_MAX) p->words[p->count++] = start;
}

void rc_parse(const char *text, void (*each)(int, int, char **, void *), void *cookie) {
    struct parser p = {.at = text, .line = 1};
    p.buffer = p.write = malloc(strlen(text) * 2 + 2);
    if (!p.buffer) return;
    for (int first = 1;;) {
        while (*p.at == ' ' || *p.at == '\t' || *p.at == '\r') p.at++;
        if (p.at[0] == '\\' && p.at[1] == '\n') {
            p.at += 2;
            p.line++;
        } else if (*p.at == '#' && p.count == 0) {
            p.at += strcspn(p.at, "\n");
        } else if (*p.at == '\n' || *p.at == 0) {
            p.words[p.count] = NULL;
            if (p.count) each(first, p.count, p.words, cookie);
            p.count = 0;
            p.write = p.buffer;
            if (*p.at == 0) break;
            p.at++;
            first = ++p.line;
        } else {
            word(&p);
        }
    }
    free(p.buffer);
}
