import { AppError } from '@ancloud/kit/errors';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GatewayClient } from './client.js';
import { FakeGateway, Printed } from './fake-gateway.js';
import { stopPhones } from './stop-phones.js';

describe('the phones of a farm that is taken down', () => {
  let gateway: FakeGateway;
  let phases: Map<string, string>;
  let stops: string[];
  /** How often ph_4 is looked at before it is gone. */
  let looks: number;
  /** What comes of the stops of a phone, in order; then they go well. */
  let outcomes: Record<string, (() => object | null)[]>;

  const fenced = (): object => ({ code: 'FENCED', message: "a newer wish took the place of 'stop'" });
  const stop = (phoneId: string) => (): object => {
    stops.push(phoneId);
    const error = outcomes[phoneId]?.shift()?.() ?? null;
    if (error === null) phases.set(phoneId, 'stopped');
    const state = error === null ? 'done' : 'failed';
    return { operation: { operationId: 'op_1', kind: 'stop', state, phoneId, error } };
  };
  const taken = async (): Promise<void> => stopPhones(new GatewayClient(gateway.layout), new Printed());

  beforeEach(async () => {
    phases = new Map([
      ['ph_1', 'ready'],
      ['ph_2', 'failed'],
      ['ph_3', 'stopped'],
      ['ph_4', 'deleting'],
      ['ph_5', 'lost'],
    ]);
    stops = [];
    looks = 2;
    outcomes = {};
    gateway = await FakeGateway.start({
      'GET /v1/phones': () => {
        looks -= 1;
        if (looks < 0) phases.delete('ph_4');
        const phones = Array.from(phases, ([phoneId, phase]) => ({ phoneId, phase }));
        return { phones, nextPageToken: '' };
      },
      'POST /v1/phones/ph_1/stop': stop('ph_1'),
      'POST /v1/phones/ph_2/stop': stop('ph_2'),
    });
  });
  afterEach(() => gateway.close());

  it('are stopped where something of them may run', async () => {
    await taken();
    expect(stops.toSorted()).toEqual(['ph_1', 'ph_2']);
  });

  it('are waited for while they are deleted: the services that do it end next', async () => {
    looks = 3;
    await taken();
    expect([phases.has('ph_4'), looks]).toEqual([false, -1]);
  });

  it('are stopped again when another wish was quicker', async () => {
    outcomes = { ph_1: [fenced] };
    await taken();
    expect(stops.toSorted()).toEqual(['ph_1', 'ph_1', 'ph_2']);
  });

  it('may be deleted meanwhile', async () => {
    const gone = (): never => {
      phases.delete('ph_1');
      throw new AppError('PHONE_NOT_FOUND', "there is no phone 'ph_1'");
    };
    outcomes = { ph_1: [gone] };
    await taken();
    expect(stops.toSorted()).toEqual(['ph_1', 'ph_2']);
  });

  it('are given up when somebody starts them as often as they are stopped', async () => {
    outcomes = { ph_1: Array.from({ length: 9 }, () => fenced) };
    await expect(taken()).rejects.toMatchObject({ code: 'FENCED' });
    expect(stops.filter((id) => id === 'ph_1')).toHaveLength(3);
  });

  it('that cannot be stopped are told once the others have ended', async () => {
    const failed = (): object => ({ code: 'STEP_FAILED', message: 'unmount: EBUSY' });
    outcomes = { ph_1: [failed] };
    await expect(taken()).rejects.toMatchObject({ code: 'STEP_FAILED', message: 'unmount: EBUSY' });
    expect([stops.toSorted(), phases.get('ph_2')]).toEqual([['ph_1', 'ph_2'], 'stopped']);
  });
});
