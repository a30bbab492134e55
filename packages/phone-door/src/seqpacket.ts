import koffi from 'koffi';
import {
  addressOf,
  AF_UNIX,
  closeFd,
  libc,
  MSG_DONTWAIT,
  NONBLOCK_CLOEXEC,
  SCM_RIGHTS,
  SOCK_SEQPACKET,
  socketCall,
  SOL_SOCKET,
} from './libc.js';

/**
 * What node:net does not have of unix sockets: SOCK_SEQPACKET, and descriptors that come with a packet. Others see
 * functions that throw an Error with `code` and `syscall`, as node's own do. None waits.
 */
const connectCall = libc.func('int connect(int fd, const void *address, unsigned int size)');
const sendCall = libc.func('long send(int fd, const void *bytes, unsigned long size, int flags)');
const recvmsgCall = libc.func('long recvmsg(int fd, _Inout_ ancloud_msghdr *message, int flags)');

const MSG_NOSIGNAL = 0x4000;
const MSG_CTRUNC = 0x8;
const MSG_CMSG_CLOEXEC = 0x40000000;
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
  const address = addressOf(path);
  const fd = socketCall(AF_UNIX, SOCK_SEQPACKET | NONBLOCK_CLOEXEC, 0) as number;
  if (fd < 0) throw failure('socket');
  if (connectCall(fd, address, address.length) === 0) return fd;
  const error = failure('connect');
  closeFd(fd);
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
