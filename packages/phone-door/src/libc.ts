import koffi from 'koffi';

/** The parts of libc that the client and its fake door share. Numbers: include/linux/socket.h; on x86-64 and arm64 the same. */
export const libc = koffi.load('libc.so.6');
export const socketCall = libc.func('int socket(int domain, int type, int protocol)');
const closeCall = libc.func('int close(int fd)');
const vector = koffi.struct('ancloud_iovec', { base: 'void *', size: 'size_t' });
koffi.struct('ancloud_msghdr', {
  name: 'void *',
  nameSize: 'uint32_t',
  vectors: koffi.pointer(vector),
  vectorCount: 'size_t',
  control: 'void *',
  controlSize: 'size_t',
  flags: 'int',
});

export const AF_UNIX = 1;
export const SOCK_SEQPACKET = 5;
/** SOCK_NONBLOCK | SOCK_CLOEXEC */
export const NONBLOCK_CLOEXEC = 0o4000 | 0o2000000;
export const MSG_DONTWAIT = 0x40;
export const SOL_SOCKET = 1;
export const SCM_RIGHTS = 1;
/** sizeof sun_path, its NUL counted. */
const PATH_MAX_BYTES = 108;

/** struct sockaddr_un. Errors: ENAMETOOLONG. */
export function addressOf(path: string): Buffer {
  const name = Buffer.from(path);
  if (name.length >= PATH_MAX_BYTES)
    throw Object.assign(new Error('ENAMETOOLONG: a unix socket’s path'), { code: 'ENAMETOOLONG' });
  const address = Buffer.alloc(2 + PATH_MAX_BYTES);
  address.writeUInt16LE(AF_UNIX, 0);
  name.copy(address, 2);
  return address;
}

export function closeFd(fd: number): void {
  closeCall(fd);
}
