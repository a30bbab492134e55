import koffi from 'koffi';

/**
 * What node:net does not have of unix sockets: SOCK_SEQPACKET, and descriptors that come with a packet. The only file here that knows
 * koffi: others see functions that throw an Error with `code` and `syscall`, as node's own do. None waits.
 */
const libc = koffi.load('libc.so.6');
const socketCall = libc.func('int socket(int domain, int type, int protocol)');
const connectCall = libc.func('int connect(int fd, const void *address, unsigned int size)');
const sendCall = libc.func('long send(int fd, const void *bytes, unsigned long size, int flags)');
const closeCall = libc.func('int close(int fd)');
// include/linux/socket.h; on x86-64 and arm64 the same.
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
const recvmsgCall = libc.func('long recvmsg(int fd, _Inout_ ancloud_msghdr *message, int flags)');

const AF_UNIX = 1;
const SOCK_SEQPACKET = 5;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const MSG_CTRUNC = 0x8;
const MSG_CMSG_CLOEXEC = 0x40000000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
/** sizeof sun_path, its NUL counted. */
export const PATH_MAX_BYTES = 108;
/** struct cmsghdr: size_t length, int level, int type; then the descriptors. */
const CMSG_HEADER = 16;

/** EWOULDBLOCK is EAGAIN's other name on Linux (errno(3)). */
const errorNames: ReadonlyMap<number, string> = new Map(
  Object.entries(koffi.os.errno).flatMap(([name, value]) => (name === 'EWOULDBLOCK' ? [] : [[value, name]])),
);

/** `EACCES` for 13; `errno 13` where it has no name. */
export function errorName(errno: number): string {
  return errorNames.get(errno) ?? `errno ${errno}`;
}

function failure(syscall: string): Error {
  const code = errorName(koffi.errno());
  return Object.assign(new Error(`${code}: ${syscall}`), { code, syscall });
}

/** A connected descriptor, which `close` ends. Errors: ENOENT, EACCES, ECONNREFUSED, EAGAIN when too many wait to be accepted, ENAMETOOLONG. */
export function connectSeqpacket(path: string): number {
  const name = Buffer.from(path);
  if (name.length >= PATH_MAX_BYTES)
    throw Object.assign(new Error('ENAMETOOLONG: connect'), { code: 'ENAMETOOLONG', syscall: 'connect' });
  const address = Buffer.alloc(2 + PATH_MAX_BYTES);
  address.writeUInt16LE(AF_UNIX, 0);
  name.copy(address, 2);
  const fd = socketCall(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0) as number;
  if (fd < 0) throw failure('socket');
  if (connectCall(fd, address, address.length) === 0) return fd;
  const error = failure('connect');
  closeCall(fd);
  throw error;
}

/** Errors: EPIPE, EAGAIN. */
export function sendPacket(fd: number, bytes: Uint8Array): void {
  if ((sendCall(fd, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL) as number) < 0) throw failure('send');
}

export interface Packet {
  readonly bytes: Uint8Array;
  /** That came with it, its receiver's to close. */
  readonly fd: number | undefined;
}

/** A packet of at most 64 bytes; 'end' when the other side has closed, undefined when none has come yet. Errors: ECONNRESET. */
export function receivePacket(socket: number): Packet | 'end' | undefined {
  const bytes = Buffer.alloc(64);
  // Room for one descriptor: with a second one the kernel closes what does not fit.
  const control = Buffer.alloc(CMSG_HEADER + 8);
  const message = {
    name: null,
    nameSize: 0,
    vectors: [{ base: bytes, size: bytes.length }],
    vectorCount: 1,
    control,
    controlSize: control.length,
    flags: 0,
  };
  const got = recvmsgCall(socket, message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) as number;
  if (got < 0) {
    if (koffi.errno() === koffi.os.errno['EAGAIN']) return undefined;
    throw failure('recvmsg');
  }
  const hasFd =
    message.controlSize >= CMSG_HEADER + 4 &&
    control.readInt32LE(8) === SOL_SOCKET &&
    control.readInt32LE(12) === SCM_RIGHTS;
  // Room was enough: the kernel had no number left for it in this process.
  if (!hasFd && (message.flags & MSG_CTRUNC) !== 0)
    throw Object.assign(new Error('EMFILE: recvmsg'), { code: 'EMFILE', syscall: 'recvmsg' });
  const fd = hasFd ? control.readInt32LE(CMSG_HEADER) : undefined;
  if (got === 0 && fd === undefined) return 'end';
  return { bytes: bytes.subarray(0, got), fd };
}

export function closeFd(fd: number): void {
  closeCall(fd);
}
