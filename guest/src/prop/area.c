#include "area.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "area_layout.h"
#include "prop.h"

// What an old program sees in place of a long value; its length (50) is in the serial's top byte.
static const char long_hint[] = "Must use __system_property_read_callback() to read";

// The object at this offset if `bytes` of it lie inside the area, else NULL: a torn or foreign file must not be believed.
static void *at(const struct area *a, uint32_t offset, size_t bytes) {
    size_t room = a->size - AREA_HEADER;
    if (offset > room || bytes > room - offset || offset % 4) return NULL;
    return a->map + AREA_HEADER + offset;
}

static struct node *node_at(const struct area *a, uint32_t offset) {
    struct node *n = at(a, offset, sizeof(struct node));
    if (!n || !at(a, offset, sizeof(struct node) + (size_t)n->length)) return NULL;
    return n;
}

static struct info *info_at(const struct area *a, uint32_t offset) {
    return offset ? at(a, offset, sizeof(struct info) + 1) : NULL;
}

int area_create(struct area *a, const char *path) {
    *a = (struct area){0};
    unlink(path);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0444);
    if (fd < 0) return -1;
    void *map = MAP_FAILED;
    if (fchmod(fd, 0444) == 0 && ftruncate(fd, AREA_SIZE) == 0)
        map = mmap(NULL, AREA_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    int saved = errno;
    close(fd);
    errno = saved;
    if (map == MAP_FAILED) return -1;
    *a = (struct area){.map = map, .size = AREA_SIZE, .writable = true};
    struct header *h = header(a);
    h->magic = AREA_MAGIC;
    h->version = AREA_VERSION;
    atomic_store(&h->used, AREA_FIRST);
    return 0;
}

int area_open(struct area *a, const char *path) {
    *a = (struct area){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return -1;
    struct stat st;
    void *map = MAP_FAILED;
    if (fstat(fd, &st) == 0) {
        if (!S_ISREG(st.st_mode) || st.st_size < AREA_HEADER + AREA_FIRST || st.st_size > (1 << 24))
            errno = EINVAL;
        else
            map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    }
    int saved = errno;
    close(fd);
    errno = saved;
    if (map == MAP_FAILED) return -1;
    *a = (struct area){.map = map, .size = (size_t)st.st_size};
    if (header(a)->magic != AREA_MAGIC || header(a)->version != AREA_VERSION) {
        area_close(a);
        errno = EINVAL;
        return -1;
    }
    return 0;
}

void area_close(struct area *a) {
    if (a->map) munmap(a->map, a->size);
    *a = (struct area){0};
}

static uint32_t allocate(struct area *a, size_t bytes) {
    struct header *h = header(a);
    uint32_t offset = atomic_load_explicit(&h->used, memory_order_relaxed);
    bytes = (bytes + 3) & ~(size_t)3;
    if (bytes > a->size - AREA_HEADER - offset) {
        errno = ENOMEM;
        return 0;
    }
    atomic_store_explicit(&h->used, offset + (uint32_t)bytes, memory_order_relaxed);
    return offset;
}

static int compare(const char *a, size_t an, const char *b, size_t bn) {
    if (an != bn) return an < bn ? -1 : 1;
    return memcmp(a, b, an);
}

static uint32_t node_add(struct area *a, const char *name, size_t n) {
    uint32_t offset = allocate(a, sizeof(struct node) + n + 1);
    if (!offset) return 0;
    struct node *node = at(a, offset, sizeof *node);
    node->length = (uint32_t)n;
    memcpy(node->name, name, n);
    return offset;
}

// The node of one dotted part among its siblings. Links are stored with release after the node is whole, so that a
// reader that finds a link finds the node behind it.
static struct node *sibling(const struct area *a, au32 *link, const char *part, size_t n, struct area *grow) {
    for (;;) {
        uint32_t offset = atomic_load_explicit(link, memory_order_acquire);
        if (!offset) {
            if (!grow || !(offset = node_add(grow, part, n))) return NULL;
            atomic_store_explicit(link, offset, memory_order_release);
            return node_at(a, offset);
        }
        struct node *node = node_at(a, offset);
        if (!node) return NULL;
        int c = compare(part, n, node->name, node->length);
        if (c == 0) return node;
        link = c < 0 ? &node->left : &node->right;
    }
}

static struct node *walk(const struct area *a, const char *name, struct area *grow) {
    struct node *node = node_at(a, 0);
    for (const char *part = name; node;) {
        size_t n = strcspn(part, ".");
        if (n == 0) {
            errno = EINVAL;
            return NULL;
        }
        node = sibling(a, &node->children, part, n, grow);
        if (part[n] == 0) return node;
        part += n + 1;
    }
    return NULL;
}

uint32_t area_find(const struct area *a, const char *name) {
    struct node *node = walk(a, name, NULL);
    if (!node) return 0;
    uint32_t prop = atomic_load_explicit(&node->prop, memory_order_acquire);
    return info_at(a, prop) ? prop : 0;
}

const char *area_name(const struct area *a, uint32_t prop) {
    return info_at(a, prop)->name;
}

int area_add(struct area *a, const char *name, const char *value) {
    struct node *node = walk(a, name, a);
    if (!node) return -1;
    size_t name_len = strlen(name), len = strlen(value);
    uint32_t offset = allocate(a, sizeof(struct info) + name_len + 1);
    if (!offset) return -1;
    struct info *info = at(a, offset, sizeof *info);
    memcpy(info->name, name, name_len + 1);
    uint32_t serial = (uint32_t)len << 24;
    if (len < PROP_VALUE_MAX) {
        memcpy(info->value, value, len + 1);
    } else {
        uint32_t far = allocate(a, len + 1);
        if (!far) return -1;
        memcpy(at(a, far, len + 1), value, len + 1);
        memcpy(info->value, long_hint, sizeof long_hint);
        uint32_t relative = far - offset;
        memcpy(info->value + AREA_LONG_OFFSET, &relative, 4);
        serial = (uint32_t)(sizeof long_hint - 1) << 24 | AREA_LONG;
    }
    atomic_store_explicit(&info->serial, serial, memory_order_relaxed);
    atomic_store_explicit(&node->prop, offset, memory_order_release);
    return 0;
}

int area_update(struct area *a, uint32_t prop, const char *value) {
    struct info *info = info_at(a, prop);
    size_t len = strlen(value);
    uint32_t serial = info ? atomic_load_explicit(&info->serial, memory_order_relaxed) : AREA_LONG;
    if (len >= PROP_VALUE_MAX || serial & AREA_LONG) {
        errno = EINVAL;
        return -1;
    }
    // While bit 0 is set, readers take the old value from the backup, so they never wait for the writer.
    char *backup = at(a, sizeof(struct node), PROP_VALUE_MAX);
    memcpy(backup, info->value, PROP_VALUE_MAX);
    atomic_thread_fence(memory_order_release);
    atomic_store_explicit(&info->serial, serial |= 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    memcpy(info->value, value, len + 1);
    atomic_thread_fence(memory_order_release);
    atomic_store_explicit(&info->serial, (uint32_t)len << 24 | ((serial + 1) & 0xffffff & ~AREA_LONG),
                          memory_order_relaxed);
    area_wake(&info->serial);
    return 0;
}

static int copy(char *to, size_t n, const char *from, size_t len) {
    if (n) {
        size_t cut = len < n ? len : n - 1;
        memcpy(to, from, cut);
        to[cut] = 0;
    }
    return (int)len;
}

int area_read(const struct area *a, uint32_t prop, char *value, size_t n, uint32_t *serial_out) {
    struct info *info = info_at(a, prop);
    for (;;) {
        uint32_t serial = atomic_load_explicit(&info->serial, memory_order_acquire);
        if (serial_out) *serial_out = serial;
        if (serial & AREA_LONG) { // never changes: only ro.* may be long
            uint32_t relative;
            memcpy(&relative, info->value + AREA_LONG_OFFSET, 4);
            uint32_t far = prop + relative;
            const char *text = at(a, far, 1);
            if (!text) return copy(value, n, "", 0);
            return copy(value, n, text, strnlen(text, a->size - AREA_HEADER - far));
        }
        char text[PROP_VALUE_MAX];
        size_t len = serial >> 24;
        if (len >= sizeof text) len = sizeof text - 1;
        memcpy(text, serial & 1 ? (char *)at(a, sizeof(struct node), PROP_VALUE_MAX) : info->value, sizeof text);
        atomic_thread_fence(memory_order_acquire);
        if (atomic_load_explicit(&info->serial, memory_order_relaxed) == serial) return copy(value, n, text, len);
    }
}

// Every link leads to a younger object, hence to a larger offset: what does not is damage, and following it could loop.
static int foreach(const struct area *a, uint32_t offset,
                   int (*each)(const struct area *, uint32_t, void *), void *cookie) {
    struct node *node = node_at(a, offset);
    if (!node) return 0;
    au32 *links[] = {&node->left, &node->right, &node->children};
    uint32_t prop = atomic_load_explicit(&node->prop, memory_order_acquire);
    int r = info_at(a, prop) ? each(a, prop, cookie) : 0;
    for (int i = 0; i < 3 && r == 0; i++) {
        uint32_t next = atomic_load_explicit(links[i], memory_order_acquire);
        if (next > offset) r = foreach(a, next, each, cookie);
    }
    return r;
}

int area_foreach(const struct area *a, int (*each)(const struct area *, uint32_t, void *), void *cookie) {
    return foreach(a, 0, each, cookie);
}
