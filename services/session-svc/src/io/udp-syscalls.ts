import { isIPv6 } from 'node:net';
import koffi from 'koffi';

/**
 * What node:dgram does not have of UDP. The only file here that knows koffi: others see functions that throw an Error with `code`
 * and `syscall`, as node's own do. Each takes microseconds.
 */
const libc = koffi.load('libc.so.6');
const socketCall = libc.func('int socket(int domain, int type, int protocol)');
const bindCall = libc.func('int bind(int fd, const void *address, unsigned int size)');
const closeCall = libc.func('int close(int fd)');
const setsockoptCall = libc.func(
  'int setsockopt(int fd, int level, int option, const void *value, unsigned int size)',
);
const sendCall = libc.func('long send(int fd, const void *bytes, unsigned long size, int flags)');
const inetPtonCall = libc.func('int inet_pton(int family, const char *text, void *address)');

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_UDP = 17;
/** Linux 4.18; include/uapi/linux/udp.h. */
const UDP_SEGMENT = 103;

const errorNames: ReadonlyMap<number, string> = new Map(
  Object.entries(koffi.os.errno).map(([name, value]) => [value, name]),
);

function failure(syscall: string, what: string): Error {
  const code = errorNames.get(koffi.errno()) ?? `errno ${koffi.errno()}`;
  return Object.assign(new Error(`${code}: ${syscall} ${what}`), { code, syscall });
}

/** A bound socket, for `dgram.Socket.bind({ fd })`, which then closes it. Errors: EADDRINUSE, EADDRNOTAVAIL, EINVAL. */
export function openUdp(ip: string, port: number): number {
  const v6 = isIPv6(ip);
  // struct sockaddr_in and sockaddr_in6: family in the machine's order (little-endian on both that we run on), port in the net's.
  const address = Buffer.alloc(v6 ? 28 : 16);
  address.writeUInt16LE(v6 ? AF_INET6 : AF_INET, 0);
  address.writeUInt16BE(port, 2);
  if (inetPtonCall(v6 ? AF_INET6 : AF_INET, ip, address.subarray(v6 ? 8 : 4)) !== 1)
    throw Object.assign(new Error(`EINVAL: bind ${ip}`), { code: 'EINVAL', syscall: 'bind' });
  const fd = socketCall(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0) as number;
  if (fd < 0) throw failure('socket', ip);
  if (bindCall(fd, address, address.length) === 0) return fd;
  const error = failure('bind', `${ip}:${port}`);
  closeCall(fd);
  throw error;
}

/**
 * From now on a send of more than `bytes` leaves as datagrams of `bytes` each, the last one shorter; 0 = as one. False = this
 * kernel cannot.
 */
export function segmentSends(fd: number, bytes: number): boolean {
  const value = Buffer.alloc(4);
  value.writeInt32LE(bytes);
  return setsockoptCall(fd, SOL_UDP, UDP_SEGMENT, value, value.length) === 0;
}

/**
 * Sends the first `size` bytes on a connected socket, now: the kernel has copied them when this returns, so they may be written over.
 * Answers why it did not, e.g. EAGAIN when its buffer is full. Hot: dgram's own send makes a request object, checks its arguments
 * and calls back later, which for one call a picture is the larger part of sending.
 */
export function sendNow(fd: number, bytes: Uint8Array, size: number): string | undefined {
  if ((sendCall(fd, bytes, size, 0) as number) >= 0) return undefined;
  return errorNames.get(koffi.errno()) ?? `errno ${koffi.errno()}`;
}
