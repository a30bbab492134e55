// servicemanager stand-in. With a binder device it becomes the real context manager of that binder context and answers
// pings, so that the host's checks of binder meet a living context; it registers no services: every other transaction
// is answered with UNKNOWN_TRANSACTION. Without a binder device it only runs.
// (Linux include/uapi/linux/android/binder.h; AOSP libs/binder/include/binder/IBinder.h for the codes.)
#include <errno.h>
#include <fcntl.h>
#include <linux/android/binder.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "log/log.h"

enum { MAP_BYTES = 128 * 1024, PING_TRANSACTION = 0x5f504e47 /* "_PNG" */, UNKNOWN_TRANSACTION = -74 /* -EBADMSG */ };
static const char tag[] = "servicemanager";

static int write_read(int fd, void *write_buffer, size_t write_size, void *read_buffer, size_t read_size, size_t *got) {
    struct binder_write_read b = {.write_size = write_size, .write_buffer = (uintptr_t)write_buffer,
                                  .read_size = read_size, .read_buffer = (uintptr_t)read_buffer};
    int r;
    while ((r = ioctl(fd, BINDER_WRITE_READ, &b)) < 0 && errno == EINTR) {}
    if (got) *got = b.read_consumed;
    return r;
}

static int answer(int fd, const struct binder_transaction_data *t) {
    int32_t status = t->code == PING_TRANSACTION ? 0 : UNKNOWN_TRANSACTION;
    struct __attribute__((packed)) {
        uint32_t free_command;
        binder_uintptr_t buffer;
        uint32_t reply_command;
        struct binder_transaction_data reply;
    } w = {.free_command = BC_FREE_BUFFER, .buffer = t->data.ptr.buffer, .reply_command = BC_REPLY};
    if (status) { // a reply that is nothing but a status
        w.reply.flags = TF_STATUS_CODE;
        w.reply.data_size = sizeof status;
        w.reply.data.ptr.buffer = (uintptr_t)&status;
    }
    size_t size = t->flags & TF_ONE_WAY ? 4 + sizeof w.buffer : sizeof w;
    return write_read(fd, &w, size, NULL, 0, NULL);
}

static int serve(int fd) {
    uint32_t enter = BC_ENTER_LOOPER;
    if (write_read(fd, &enter, sizeof enter, NULL, 0, NULL) < 0) return -1;
    for (;;) {
        char buffer[512];
        size_t n;
        if (write_read(fd, NULL, 0, buffer, sizeof buffer, &n) < 0) return -1;
        for (size_t at = 0; at + 4 <= n;) {
            uint32_t command;
            struct binder_transaction_data t;
            memcpy(&command, buffer + at, 4);
            if (command == BR_TRANSACTION || command == BR_TRANSACTION_SEC_CTX) {
                memcpy(&t, buffer + at + 4, sizeof t);
                if (answer(fd, &t) < 0) return -1;
            }
            at += 4 + _IOC_SIZE(command);
        }
    }
}

static int open_binder(void) {
    int fd = open("/dev/binder", O_RDWR | O_CLOEXEC);
    if (fd < 0) fd = open("/dev/binderfs/binder", O_RDWR | O_CLOEXEC);
    return fd;
}

int main(void) {
    struct binder_version version = {0};
    int zero = 0, fd = open_binder();
    if (fd < 0) {
        log_print(LOG_WARN, tag, "no binder device: %s", strerror(errno));
        for (;;) pause();
    }
    if (ioctl(fd, BINDER_VERSION, &version) < 0 || version.protocol_version != BINDER_CURRENT_PROTOCOL_VERSION) {
        log_print(LOG_ERROR, tag, "binder protocol %d, not %d", version.protocol_version, BINDER_CURRENT_PROTOCOL_VERSION);
        return 1;
    }
    void *map = mmap(NULL, MAP_BYTES, PROT_READ, MAP_PRIVATE | MAP_NORESERVE, fd, 0);
    if (map == MAP_FAILED || ioctl(fd, BINDER_SET_CONTEXT_MGR, &zero) < 0) {
        log_print(LOG_ERROR, tag, "cannot become context manager: %s", strerror(errno));
        return 1;
    }
    log_print(LOG_INFO, tag, "context manager of this phone's binder");
    serve(fd);
    log_print(LOG_ERROR, tag, "binder: %s", strerror(errno));
    return 1;
}
