import dgram from 'node:dgram';
import dns from 'node:dns';
import fs from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { LoneHost } from './lone-host.js';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0).toReversed()) await one();
});

/** A DNS server that knows one address and gives it for every name (RFC 1035 §4.1). Answers where it listens. */
async function nameServer(...address: readonly [number, number, number, number]): Promise<string> {
  const socket = dgram.createSocket('udp4');
  socket.on('message', (question, from) => {
    const end = question.indexOf(0, 12) + 5;
    const head = Buffer.from(question.subarray(0, 12));
    // A response, recursion available; one question, one answer.
    head.writeUInt16BE(0x8180, 2);
    head.set([0, 1, 0, 1, 0, 0, 0, 0], 4);
    // The name of the question, type A, class IN, for 60 s, four bytes.
    const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address]);
    socket.send(Buffer.concat([head, question.subarray(12, end), answer]), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  undo.push(() => socket.close());
  const { port } = socket.address();
  return `127.0.0.1:${port}`;
}

function aHost(): LoneHost {
  const host = new LoneHost();
  undo.push(() => host.remove());
  return host;
}

it('DNS servers that are given are asked and no others, and others after a start with others', async () => {
  const [first, second] = [await nameServer(192, 0, 2, 1), await nameServer(192, 0, 2, 2)];
  const host = aHost();
  const resolver = new dns.promises.Resolver();
  const [gateway = ''] = host.subnet.split('/');
  resolver.setServers([gateway]);
  const pid = (): string => fs.readFileSync(`${host.place.run}/dnsmasq/pid`, 'utf8');

  await host.start({ ANCLOUD_DNS_SERVERS: first });
  expect(await resolver.resolve4('one.ancloud.example')).toEqual(['192.0.2.1']);
  const before = pid();
  await host.restart({ ANCLOUD_DNS_SERVERS: first });
  expect(pid()).toBe(before);
  await host.restart({ ANCLOUD_DNS_SERVERS: second });
  expect(pid()).not.toBe(before);
  expect(await resolver.resolve4('two.ancloud.example')).toEqual(['192.0.2.2']);
});

it('a DNS server that is none is refused by name', async () => {
  const host = aHost();
  expect(await host.service.launch({ ANCLOUD_DNS_SERVERS: '192.0.2.1,dns.example' })).toMatchObject({
    code: 1,
  });
  const said = JSON.stringify(host.service.log);
  expect(said).toContain('CONFIG_INVALID');
  expect(said).toMatch(/ANCLOUD_DNS_SERVERS.*dns\.example/);
});
