// The settings provider: three tables of key and value, kept in $ANDROID_DATA/system/settings.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ui.h"

#define ENTRIES 256
#define KEY_MAX 96
#define VALUE_MAX 512

struct entry {
    int table;
    char key[KEY_MAX], value[VALUE_MAX];
};

static const char *const tables[] = {"system", "secure", "global"};
static struct entry entries[ENTRIES];
static int count;

static struct entry *find(int table, const char *key)
{
    for (int i = 0; i < count; i++)
        if (entries[i].table == table && strcmp(entries[i].key, key) == 0) return &entries[i];
    return NULL;
}

const char *setting_get(int table, const char *key)
{
    struct entry *e = find(table, key);
    return e ? e->value : NULL;
}

int setting_get_int(int table, const char *key, int fallback)
{
    const char *v = setting_get(table, key);
    char *end;
    long n = v ? strtol(v, &end, 10) : 0;
    return v && *v && !*end ? (int)n : fallback;
}

static void path(char *out, size_t n, const char *suffix)
{
    const char *data = getenv("ANDROID_DATA");
    snprintf(out, n, "%s/system/settings%s", data && *data ? data : "/data", suffix);
}

// Written beside and renamed, so that a phone killed meanwhile keeps the old settings. A /data that is missing or full costs
// only the memory over a restart.
static void save(void)
{
    char to[512], part[512];
    path(to, sizeof to, "");
    path(part, sizeof part, ".new");
    FILE *f = fopen(part, "we");
    if (!f) return;
    for (int i = 0; i < count; i++) fprintf(f, "%s\t%s\t%s\n", tables[entries[i].table], entries[i].key, entries[i].value);
    if (fclose(f) == 0) rename(part, to);
}

static int put(int table, const char *key, const char *value)
{
    struct entry *e = find(table, key);
    if (!*key || strlen(key) >= KEY_MAX || strpbrk(key, "\t\n") || (value && (strlen(value) >= VALUE_MAX || strchr(value, '\n')))) {
        errno = EINVAL;
        return -1;
    }
    if (!value) {
        if (e) *e = entries[--count];
        return 0;
    }
    if (!e) {
        if (count == ENTRIES) {
            errno = ENOSPC;
            return -1;
        }
        e = &entries[count++];
        e->table = table;
        strcpy(e->key, key);
    }
    strcpy(e->value, value);
    return 0;
}

int setting_put(int table, const char *key, const char *value)
{
    if (put(table, key, value) < 0) return -1;
    save();
    return 0;
}

static int table_of(const char *name)
{
    for (int i = 0; i < 3; i++)
        if (strcmp(name, tables[i]) == 0) return i;
    return -1;
}

void settings_load(void)
{
    static const char *const first[][3] = {
        {"system", "accelerometer_rotation", "0"}, {"system", "user_rotation", "0"}, {"system", "screen_off_timeout", "2147483647"},
        {"system", "volume_music", "11"}, {"system", "show_touches", "0"}, {"global", "stay_on_while_plugged_in", "7"},
        {"global", "adb_enabled", "1"}, {"global", "device_provisioned", "1"}, {"secure", "user_setup_complete", "1"},
    };
    for (size_t i = 0; i < sizeof first / sizeof *first; i++) put(table_of(first[i][0]), first[i][1], first[i][2]);
    char from[512], l[KEY_MAX + VALUE_MAX + 16];
    path(from, sizeof from, "");
    FILE *f = fopen(from, "re");
    if (!f) return;
    while (fgets(l, sizeof l, f)) {
        char *save_at = NULL, *table = strtok_r(l, "\t", &save_at), *key = strtok_r(NULL, "\t", &save_at), *value = strtok_r(NULL, "\n", &save_at);
        if (table && key && table_of(table) >= 0) put(table_of(table), key, value ? value : "");
    }
    fclose(f);
}

// What changes the phone besides being remembered.
static void apply(int table, const char *key)
{
    if (table == SETTINGS_SYSTEM && strcmp(key, "accelerometer_rotation") == 0)
        display_rotate(setting_get_int(table, key, 0) ? -1 : setting_get_int(table, "user_rotation", 0) & 3);
    else if (table == SETTINGS_SYSTEM && strcmp(key, "user_rotation") == 0 && display.locked)
        display_rotate(setting_get_int(table, key, 0) & 3);
}

int settings_request(const char *text, char *out, size_t n)
{
    char verb[16], table_name[16];
    int at = 0;
    out[0] = 0;
    if (sscanf(text, "%15s %15s %n", verb, table_name, &at) < 2) return EINVAL;
    int table = table_of(table_name);
    if (table < 0) return EINVAL;
    if (strcmp(verb, "list") == 0) {
        size_t w = 0;
        for (int i = 0; i < count && w < n; i++)
            if (entries[i].table == table) w += (size_t)snprintf(out + w, n - w, "%s=%s\n", entries[i].key, entries[i].value);
        return 0;
    }
    char key[KEY_MAX + 1];
    size_t k = strcspn(text + at, " ");
    if (!k || k >= sizeof key) return EINVAL;
    memcpy(key, text + at, k);
    key[k] = 0;
    const char *value = text[(size_t)at + k] ? text + at + k + 1 : "";
    if (strcmp(verb, "get") == 0) {
        const char *v = setting_get(table, key);
        snprintf(out, n, "%s\n", v ? v : "null");
    } else if (strcmp(verb, "put") == 0) {
        if (setting_put(table, key, value) < 0) return errno;
        apply(table, key);
    } else if (strcmp(verb, "delete") == 0) {
        snprintf(out, n, "Deleted %d rows\n", find(table, key) ? 1 : 0);
        setting_put(table, key, NULL);
    } else {
        return EINVAL;
    }
    return 0;
}
