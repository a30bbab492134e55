import { afterEach, describe, expect, it } from 'vitest';
import { FakeGateway, Printed } from '../farm/fake-gateway.js';
import { events, eventsOf } from './events.js';

const operation = { operationId: 'op_1', kind: 'start', phoneId: 'ph_1', state: 'running', percent: 0 };
const told = [
  'retry: 2000',
  'id: 1\nevent: phone\ndata: {"phoneId":"ph_1","name":"ph_1","phase":"ready","reason":""}',
  'id: 2\nevent: phone\ndata: {"phoneId":"ph_2","name":"Anna’s","phase":"failed","reason":"BOOT_TIMEOUT"}',
  'id: 3\nevent: synced\ndata: {"phoneIds":["ph_1","ph_2"]}',
  ': still here',
  `id: 4\nevent: operation\ndata: ${JSON.stringify({ ...operation, result: '', error: null })}`,
  'id: 5\nevent: phoneRemoved\ndata: {"phoneId":"ph_2"}',
]
  .map((block) => `${block}\n\n`)
  .join('');

describe('what a gateway tells', () => {
  it.each([1, 7, told.length])('is read in pieces of %d characters', async (length) => {
    const pieces = told.match(new RegExp(`[^]{1,${length}}`, 'g')) ?? [];
    const read: { readonly event: string; readonly data: unknown }[] = [];
    for await (const one of eventsOf(ReadableStream.from(pieces))) read.push(one);
    expect(read.map(({ event }) => event)).toEqual(['phone', 'phone', 'synced', 'operation', 'phoneRemoved']);
    expect(read[2]).toEqual({ event: 'synced', data: { phoneIds: ['ph_1', 'ph_2'] } });
  });
});

describe('events', () => {
  let gateway: FakeGateway;
  afterEach(() => gateway.close());

  it('are told until the gateway ends, which is an error', async () => {
    gateway = await FakeGateway.start({ 'GET /v1/events': () => told });
    const printed = new Printed();
    await expect(events(gateway.layout, printed)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(printed.text.split('\n')).toEqual([
      'ph_1: ready',
      'ph_2 (Anna’s): failed, BOOT_TIMEOUT',
      'op_1: start of ph_1, running',
      'ph_2: removed',
      '',
    ]);
  });

  it('are refused with the problem of the API', async () => {
    gateway = await FakeGateway.start({});
    await expect(events(gateway.layout, new Printed())).rejects.toMatchObject({ code: 'ROUTE_NOT_FOUND' });
  });
});
