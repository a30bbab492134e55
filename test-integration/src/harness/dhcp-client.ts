/**
 * A guest's DHCP client, run by `node` in a phone's network: DISCOVER, then REQUEST of what is offered (RFC 2131 §3.1), from
 * 0.0.0.0, as a machine asks that has no address yet. Prints one line of JSON; see `Lease`.
 *
 *     node dhcp-client.ts MAC
 */
import crypto from 'node:crypto';
import dgram from 'node:dgram';

/** What the server gave. */
export interface Lease {
  readonly offered: string;
  readonly address: string;
  readonly server: string;
  readonly mask: string;
  readonly router: string;
  readonly dns: string;
}

interface Answer {
  readonly type: number;
  readonly address: string;
  readonly options: ReadonlyMap<number, Buffer>;
}

/** RFC 2131 §2; message types, and the options below, RFC 2132. */
const DISCOVER = 1;
const OFFER = 2;
const REQUEST = 3;
const ACK = 5;
const COOKIE = 0x63_82_53_63;
/** A datagram may be lost: said again after this long, ms. */
const AGAIN_MS = 3_000;

const mac = Buffer.from((process.argv[2] ?? '').replaceAll(':', ''), 'hex');
const xid = crypto.randomInt(0, 2 ** 32 - 1);
const socket = dgram.createSocket('udp4');

const address = (bytes: Buffer | undefined): string => [...(bytes ?? [])].join('.');

function message(type: number, options: readonly (readonly [code: number, value: Buffer])[]): Buffer {
  const head = Buffer.alloc(240);
  // BOOTREQUEST, Ethernet, six bytes of address; the answer shall be broadcast, since we have no address.
  head.set([1, 1, 6, 0], 0);
  head.writeUInt32BE(xid, 4);
  head.writeUInt16BE(0x8000, 10);
  mac.copy(head, 28);
  head.writeUInt32BE(COOKIE, 236);
  const all: (readonly [number, Buffer])[] = [[53, Buffer.of(type)], [55, Buffer.of(1, 3, 6)], ...options];
  const tail = all.map(([code, value]) => Buffer.concat([Buffer.of(code, value.length), value]));
  return Buffer.concat([head, ...tail, Buffer.of(255)]);
}

/** Undefined when it is not an answer to us. */
function read(bytes: Buffer): Answer | undefined {
  if (bytes.length < 240 || bytes[0] !== 2 || bytes.readUInt32BE(4) !== xid) return undefined;
  const options = new Map<number, Buffer>();
  for (let at = 240; bytes[at] !== undefined && bytes[at] !== 255;) {
    const [code = 0, length = 0] = bytes.subarray(at, at + 2);
    // Option 0 is a single byte of padding.
    if (code !== 0) options.set(code, bytes.subarray(at + 2, at + 2 + length));
    at += code === 0 ? 1 : 2 + length;
  }
  return { type: options.get(53)?.[0] ?? 0, address: address(bytes.subarray(16, 20)), options };
}

/** Says it until there is an answer of that type. */
function ask(words: Buffer, type: number): Promise<Answer> {
  return new Promise((resolve) => {
    const say = (): void => socket.send(words, 67, '255.255.255.255');
    const again = setInterval(say, AGAIN_MS);
    const hear = (bytes: Buffer): void => {
      const answer = read(bytes);
      if (answer?.type !== type) return;
      clearInterval(again);
      socket.off('message', hear);
      resolve(answer);
    };
    socket.on('message', hear);
    say();
  });
}

await new Promise<void>((resolve) => {
  socket.bind(68, resolve);
});
socket.setBroadcast(true);
const offer = await ask(message(DISCOVER, []), OFFER);
const server = offer.options.get(54) ?? Buffer.alloc(0);
const wanted = Buffer.from(offer.address.split('.').map(Number));
const ack = await ask(
  message(REQUEST, [
    [50, wanted],
    [54, server],
  ]),
  ACK,
);
const lease: Lease = {
  offered: offer.address,
  address: ack.address,
  server: address(server),
  mask: address(ack.options.get(1)),
  router: address(ack.options.get(3)),
  dns: address(ack.options.get(6)),
};
console.log(JSON.stringify(lease));
socket.close();
