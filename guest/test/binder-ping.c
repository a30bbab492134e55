// binder-ping DEVICE: pings the context manager of a binder device, then asks it for something no service has.
// Prints "ping <status> unknown <status>"; exits 1 when binder itself fails.
#include <errno.h>
#include <fcntl.h>
#include <linux/android/binder.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

struct __attribute__((packed)) call {
    uint32_t command;
    struct binder_transaction_data t;
};

// The status the context manager replied with (0 for a plain reply), or 1 when there was no reply.
static int32_t transact(int fd, uint32_t code) {
    struct call call = {.command = BC_TRANSACTION, .t = {.code = code}};
    struct binder_write_read b = {.write_size = sizeof call, .write_buffer = (uintptr_t)&call};
    char buffer[512];
    for (;;) {
        b.read_size = sizeof buffer;
        b.read_buffer = (uintptr_t)buffer;
        b.read_consumed = 0;
        if (ioctl(fd, BINDER_WRITE_READ, &b) < 0 && errno != EINTR) return 1;
        b.write_size = 0;
        for (size_t at = 0; at + 4 <= b.read_consumed;) {
            uint32_t command;
            memcpy(&command, buffer + at, 4);
            if (command == BR_DEAD_REPLY || command == BR_FAILED_REPLY) return 1;
            if (command == BR_REPLY) {
                struct binder_transaction_data t;
                int32_t status = 0;
                memcpy(&t, buffer + at + 4, sizeof t);
                if (t.flags & TF_STATUS_CODE) memcpy(&status, (void *)(uintptr_t)t.data.ptr.buffer, sizeof status);
                return status;
            }
            at += 4 + _IOC_SIZE(command);
        }
    }
}

int main(int argc, char **argv) {
    int fd = argc > 1 ? open(argv[1], O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0 || mmap(NULL, 1 << 16, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED) {
        perror(argc > 1 ? argv[1] : "binder-ping DEVICE");
        return 1;
    }
    int32_t ping = transact(fd, 0x5f504e47), unknown = transact(fd, 1);
    printf("ping %d unknown %d\n", ping, unknown);
    return ping == 1 || unknown == 1;
}
