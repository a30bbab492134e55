import crypto from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';

// Ports and subnets that nobody else on this machine has: other tests run beside these.

/**
 * Ports of farms, then single ones. All lie below the kernel's range for the near end of connections (32768, ip(7)): in
 * there any connection of any program may sit on a port in the moment in which its server is started again, and a client
 * that knocks at a closed port there can even be connected with itself. No farm begins at 10000: its gateway would listen on 10080,
 * which `fetch` refuses (Fetch standard, "bad port").
 */
const FARMS = { from: 10_400, width: 400, count: 39 } as const;
const SINGLE = { from: 26_000, to: 32_768 } as const;

/** Offsets of the ports that a farm of one machine uses: layoutFrom in cli/src/layout.ts; one media worker per core. */
const OFFSETS = [80, 81, 101, 102, 103, 104, 201, 202, 203, 204, 222, 379].concat(
  Array.from({ length: 16 }, (_, i) => 300 + i),
);

/** First port of a farm's range, which nobody else gets from here until this process ends. Errors: all ranges are taken. */
export async function reservePorts(): Promise<number> {
  const first = crypto.randomInt(0, FARMS.count);
  for (let tried = 0; tried < FARMS.count; tried++) {
    const base = FARMS.from + ((first + tried) % FARMS.count) * FARMS.width;
    // The farm itself does not use the first port of its range: who listens there has the range.
    const mark = await listen(base);
    if (mark === undefined) continue;
    const free = await Promise.all(OFFSETS.map((offset) => isFree(base + offset)));
    if (free.every(Boolean)) return base;
    mark.close();
  }
  throw new Error('no range of ports is free on this machine');
}

/** Given to somebody in this process, who may not listen on it yet. */
const given = new Set<number>();

/** As many loopback ports in a row as asked for, free a moment ago and nobody else's here, of which the first is answered. */
export async function freePort(inARow = 1): Promise<number> {
  for (;;) {
    const first = crypto.randomInt(SINGLE.from, SINGLE.to - inARow);
    const ports = Array.from({ length: inARow }, (_, i) => first + i);
    if (ports.some((port) => given.has(port))) continue;
    for (const port of ports) given.add(port);
    const free = await Promise.all(ports.map(isFree));
    if (free.every(Boolean)) return first;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = await listen(port);
  if (server === undefined) return false;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return true;
}

/** Undefined when somebody has the port. */
function listen(port: number): Promise<net.Server | undefined> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.unref();
    server.once('error', () => resolve(undefined));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => resolve(server));
  });
}

/** Bridge address of a /24 in 10.0.0.0/8 to which no route of this machine leads. */
export function freeSubnet(): string {
  const routes = fs
    .readFileSync('/proc/net/route', 'latin1')
    .split('\n')
    .slice(1)
    .filter((line) => line !== '')
    .map((line) => line.split('\t'))
    .map(([, destination = '00000000', , , , , , mask = '00000000']) => ({
      to: word(destination),
      mask: word(mask),
    }))
    .filter(({ mask }) => mask !== 0);
  for (let tries = 0; tries < 1_000; tries++) {
    const [b, c] = [crypto.randomInt(0, 256), crypto.randomInt(0, 256)];
    const subnet = ((10 << 24) | (b << 16) | (c << 8)) >>> 0;
    // Two networks overlap when they agree in the bits that both masks have.
    const taken = routes.some(({ to, mask }) => ((subnet ^ to) & mask & 0xff_ff_ff_00) === 0);
    if (!taken) return `10.${b}.${c}.1/24`;
  }
  throw new Error('no subnet of 10.0.0.0/8 is free on this machine');
}

/** /proc/net/route has addresses as hexadecimal words of a little-endian machine. */
const word = (hex: string): number => Buffer.from(hex, 'hex').readUInt32LE(0);
