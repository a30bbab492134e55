import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { IceAgent } from './ice-agent.js';
import {
  attribute,
  errorOf,
  hasIntegrity,
  method,
  readStun,
  valueOf,
  writeStun,
  xorAddress,
} from './stun.js';

const INNER = { usernameFragment: 'inner', password: 'passwordOfTheWorkersEnd' };
const THEIRS = { usernameFragment: 'outer', password: 'passwordOfTheOtherSide1' };
/** RFC 8445 §16.1. */
const ICE_CONTROLLED = 0x8029;
const PACKET = Buffer.from([0x80, 102, 0, 1]);

const opened: (() => void)[] = [];
afterEach(() => opened.splice(0).forEach((close) => close()));

/** An ICE-lite end: it answers checks that are made with its password; everything else is read by `next`. */
async function lite(credentials: typeof INNER): Promise<{
  readonly socket: Socket;
  readonly port: number;
  /** USERNAMEs of checks with USE-CANDIDATE. */
  readonly nominated: string[];
  readonly next: () => Promise<Buffer>;
  /** To whoever was nominated last. */
  readonly send: (packet: Buffer) => void;
}> {
  const socket = createSocket('udp4');
  opened.push(() => socket.close());
  const nominated: string[] = [];
  const packets: Buffer[] = [];
  let wake: (() => void) | undefined;
  let peer = { port: 0, address: '' };
  socket.on('message', (bytes, from) => {
    const message = readStun(bytes);
    if (message === undefined) {
      packets.push(bytes);
      wake?.();
      return;
    }
    if (message.kind !== 'request' || !hasIntegrity(bytes, Buffer.from(credentials.password))) return;
    if (valueOf(message, attribute.useCandidate) !== undefined) {
      nominated.push(valueOf(message, attribute.username)?.toString() ?? '');
      peer = from;
    }
    const { transaction } = message;
    socket.send(
      writeStun(
        {
          kind: 'success',
          method: method.binding,
          transaction,
          attributes: [{ type: attribute.xorMappedAddress, value: xorAddress(from, transaction) }],
        },
        Buffer.from(credentials.password),
      ),
      from.port,
      from.address,
    );
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    socket,
    port: socket.address().port,
    nominated,
    next: async () => {
      while (packets.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return packets.shift() as Buffer;
    },
    send: (packet) => socket.send(packet, peer.port, peer.address),
  };
}

async function boundAt(address: string): Promise<{ readonly socket: Socket; readonly heard: Buffer[] }> {
  const socket = createSocket('udp4');
  opened.push(() => socket.close());
  const heard: Buffer[] = [];
  socket.on('message', (bytes) => heard.push(bytes));
  socket.bind(0, address);
  await once(socket, 'listening');
  return { socket, heard };
}

function agentOf(
  inner: number,
  allows: (address: string) => boolean = () => true,
): { agent: IceAgent; failed: Promise<string>; sent: Buffer[] } {
  const { promise, resolve } = Promise.withResolvers<string>();
  const sent: Buffer[] = [];
  const agent = new IceAgent({
    inner: { address: '127.0.0.1', port: inner, ice: INNER },
    allows,
    sent: (packet) => sent.push(packet),
    failed: resolve,
  });
  opened.push(() => agent.close());
  return { agent, failed: promise, sent };
}

describe('IceAgent', () => {
  it('finds the way between two that are lite, and passes on what is not STUN', async () => {
    const [inner, outer] = await Promise.all([lite(INNER), lite(THEIRS)]);
    const { agent, sent } = agentOf(inner.port);
    // The first leads nowhere.
    agent.connect({
      ice: THEIRS,
      candidates: [
        { address: '127.0.0.1', port: 9 },
        { address: '127.0.0.1', port: outer.port },
      ],
    });
    await expect.poll(() => inner.nominated[0], { timeout: 30_000 }).toBeDefined();
    const { usernameFragment } = agent.ice;
    expect(outer.nominated[0]).toBe(`outer:${usernameFragment}`);
    expect(inner.nominated[0]).toBe(`inner:${usernameFragment}`);
    inner.send(PACKET);
    expect(await outer.next()).toEqual(PACKET);
    expect(sent).toEqual([PACKET]);
    const back = Buffer.from([22, 1, 2]);
    outer.send(back);
    expect(await inner.next()).toEqual(back);
  });

  it('answers a full agent’s checks, and those of nobody else', async () => {
    const [inner, outer] = await Promise.all([lite(INNER), lite(THEIRS)]);
    const allows = vi.fn<(address: string) => boolean>(() => true);
    const { agent } = agentOf(inner.port, allows);
    agent.connect({ ice: THEIRS, candidates: [{ address: '127.0.0.1', port: outer.port }] });
    await expect.poll(() => inner.nominated[0], { timeout: 30_000 }).toBeDefined();
    const { usernameFragment, password } = agent.ice;
    const check = (key: string, role: number): Buffer =>
      writeStun(
        {
          kind: 'request',
          method: method.binding,
          transaction: Buffer.alloc(12, role),
          attributes: [
            { type: attribute.username, value: Buffer.from(`${usernameFragment}:outer`) },
            { type: role, value: Buffer.alloc(8) },
          ],
        },
        Buffer.from(key),
      );
    const answers: { kind: string; code: number | undefined }[] = [];
    outer.socket.on('message', (bytes) => {
      const message = readStun(bytes);
      if (message === undefined || message.kind === 'request') return;
      answers.push({ kind: message.kind, code: errorOf(message)?.code });
    });
    outer.send(check('somebody else', ICE_CONTROLLED));
    outer.send(check(password, ICE_CONTROLLED));
    outer.send(check(password, attribute.iceControlling));
    await expect.poll(() => answers.length, { timeout: 30_000 }).toBe(2);
    expect(answers).toEqual([
      { kind: 'success', code: undefined },
      { kind: 'error', code: 487 },
    ]);
    // For the pair, and not for what comes by it.
    expect(allows).toHaveBeenCalledTimes(1);
  });

  it('sends nothing to where the farm does not send', async () => {
    const [inner, outer] = await Promise.all([lite(INNER), lite(THEIRS)]);
    const { agent, failed } = agentOf(inner.port, () => false);
    agent.connect({ ice: THEIRS, candidates: [{ address: '127.0.0.1', port: outer.port }] });
    expect(await failed).toContain('no address');
    expect(outer.nominated).toEqual([]);
  });

  it('neither answers nor asks whoever comes from where the farm does not send', async () => {
    const inner = await lite(INNER);
    // Of this machine's network, all three; the first says nothing, so that the agent goes on looking.
    const [outside, from, inside] = await Promise.all(['127.0.0.1', '127.0.0.1', '127.0.0.2'].map(boundAt));
    if (outside === undefined || from === undefined || inside === undefined) throw new Error('not bound');
    const { agent } = agentOf(inner.port, (address) => address !== '127.0.0.2');
    const agentAt = once(outside.socket, 'message');
    agent.connect({
      ice: THEIRS,
      candidates: [{ address: '127.0.0.1', port: outside.socket.address().port }],
    });
    const [, { port }] = (await agentAt) as [Buffer, { readonly port: number }];
    const check = writeStun(
      {
        kind: 'request',
        method: method.binding,
        transaction: Buffer.alloc(12, 1),
        attributes: [
          { type: attribute.username, value: Buffer.from(`${agent.ice.usernameFragment}:outer`) },
          { type: ICE_CONTROLLED, value: Buffer.alloc(8) },
        ],
      },
      Buffer.from(agent.ice.password),
    );
    inside.socket.send(check, port, '127.0.0.1');
    from.socket.send(check, port, '127.0.0.1');
    // An answer, and a check of the agent's own.
    await expect.poll(() => from.heard.length, { timeout: 30_000 }).toBeGreaterThan(1);
    expect(inside.heard).toEqual([]);
  });

  it.each(['media.local', ''])('does not look up %j', async (address) => {
    const inner = await lite(INNER);
    const { agent, failed } = agentOf(inner.port);
    agent.connect({ ice: THEIRS, candidates: [{ address, port: 1 }] });
    expect(await failed).toContain('no address');
  });
});
