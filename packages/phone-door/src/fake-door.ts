import { rmSync } from 'node:fs';
import { Socket } from 'node:net';
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

const bindCall = libc.func('int bind(int fd, const void *address, unsigned int size)');
const listenCall = libc.func('int listen(int fd, int backlog)');
const acceptCall = libc.func('int accept4(int fd, void *address, void *size, int flags)');
const recvCall = libc.func('long recv(int fd, void *bytes, unsigned long size, int flags)');
const pairCall = libc.func('int socketpair(int domain, int type, int protocol, _Out_ int *pair)');
const sendmsgCall = libc.func('long sendmsg(int fd, const ancloud_msghdr *message, int flags)');
const SOCK_STREAM = 1;
const LOOK_MS = 2;

/** What a fake door says to a name: an errno, `nothing`, `hang up`, or the phone's end of a socket is made. */
export type DoorAnswer = number | 'socket' | 'nothing' | 'hang up';

/** phone-shim's door for tests (services/container-svc/shim/README.md), of a phone whose sockets the test itself holds. */
export class FakeDoor {
  /** Names that were asked for, in order. */
  readonly asked: string[] = [];
  /** The phone's ends of the sockets that were given out. */
  readonly given: Socket[] = [];
  /** So many of the next connections are closed unread. */
  slams = 0;
  readonly #path: string;
  readonly #listener: number;
  readonly #clients = new Set<number>();
  readonly #answer: (name: string) => DoorAnswer;
  readonly #timer: NodeJS.Timeout;

  constructor(path: string, answer: (name: string) => DoorAnswer) {
    this.#path = path;
    this.#answer = answer;
    const address = addressOf(path);
    this.#listener = socketCall(AF_UNIX, SOCK_SEQPACKET | NONBLOCK_CLOEXEC, 0) as number;
    if (bindCall(this.#listener, address, address.length) !== 0 || listenCall(this.#listener, 8) !== 0)
      throw new Error(`a fake door at ${path}: errno ${koffi.errno()}`);
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** Connections of who asks that are open. */
  get clients(): number {
    return this.#clients.size;
  }

  /** May be called twice. */
  close(): void {
    clearInterval(this.#timer);
    for (const fd of [...this.#clients, this.#listener]) closeFd(fd);
    this.#clients.clear();
    for (const socket of this.given) socket.destroy();
    rmSync(this.#path, { force: true });
  }

  #look(): void {
    for (;;) {
      const fd = acceptCall(this.#listener, null, null, NONBLOCK_CLOEXEC) as number;
      if (fd < 0) break;
      if (this.slams > 0) {
        this.slams -= 1;
        closeFd(fd);
      } else this.#clients.add(fd);
    }
    for (const fd of this.#clients) this.#serve(fd);
  }

  #serve(client: number): void {
    const bytes = Buffer.alloc(256);
    const got = recvCall(client, bytes, bytes.length, MSG_DONTWAIT) as number;
    if (got < 0) return;
    const name = bytes.toString('latin1', 0, got);
    if (got > 0) this.asked.push(name);
    const answer = got === 0 ? 'hang up' : this.#answer(name);
    if (answer === 'nothing') return;
    if (answer === 'hang up') {
      this.#clients.delete(client);
      closeFd(client);
    } else if (answer === 'socket') this.#give(client);
    else this.#say(client, answer, undefined);
  }

  #give(client: number): void {
    const pair = [0, 0];
    if (pairCall(AF_UNIX, SOCK_STREAM | NONBLOCK_CLOEXEC, 0, pair) !== 0) throw new Error('socketpair');
    const [own = -1, theirs = -1] = pair;
    this.given.push(new Socket({ fd: own, readable: true, writable: true }));
    this.#say(client, 0, theirs);
    closeFd(theirs);
  }

  #say(client: number, errno: number, fd: number | undefined): void {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(errno);
    const control = Buffer.alloc(24);
    control.writeBigUInt64LE(20n, 0);
    control.writeInt32LE(SOL_SOCKET, 8);
    control.writeInt32LE(SCM_RIGHTS, 12);
    control.writeInt32LE(fd ?? 0, 16);
    const message = {
      name: null,
      nameSize: 0,
      vectors: [{ base: bytes, size: bytes.length }],
      vectorCount: 1,
      control: fd === undefined ? null : control,
      controlSize: fd === undefined ? 0 : control.length,
      flags: 0,
    };
    sendmsgCall(client, message, MSG_DONTWAIT);
  }
}
