// SPDX-License-Identifier: Apache-2.0
// Whether AF_VSOCK exists here. It knows no namespaces: an adbd in one phone that binds vsock:5555 has it on the whole machine.
#include "hostcap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef AF_VSOCK
#define AF_VSOCK 40
#endif
#define GET_LOCAL_CID _IO(7, 0xb9) // IOCTL_VM_SOCKETS_GET_LOCAL_CID, linux/vm_sockets.h

int vsock_probe(int argc, char **argv)
{
	uint32_t cid;

	(void)argc, (void)argv;
	// The same call that a phone would make. It loads the module where there is one, as the phone's call would.
	const int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 && (errno == EAFNOSUPPORT || errno == ESOCKTNOSUPPORT)) {
		puts("no");
		return ANSWER_NO;
	}
	if (fd < 0)
		return refused("socket(AF_VSOCK)");
	close(fd);
	const int device = open("/dev/vsock", O_RDONLY | O_CLOEXEC);
	if (device >= 0 && ioctl(device, GET_LOCAL_CID, &cid) == 0)
		printf("yes %u\n", cid);
	else
		puts("yes");
	return ANSWER_YES;
}
