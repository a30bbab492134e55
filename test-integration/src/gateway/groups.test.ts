import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeHost } from './fake-host.js';
import type { Answer, GatewayProcess, Json } from './gateway-process.js';
import { GatewayWorld } from './gateway-world.js';
import { Partner } from './partner.js';

const OPERATORS = 6;
let world: GatewayWorld;
let host: FakeHost;
/** Two on the same Redis: each operator has one of them. */
let gateways: readonly GatewayProcess[];
let phoneIds: string[];
let at: string;

beforeAll(async () => {
  world = await GatewayWorld.start();
  gateways = [world.gateway, await world.another()];
  host = await FakeHost.start(world.state, world.bus, world.secrets.farmSecret);
  await world.recovered();
  const partner = new Partner(world.gateway);
  const [masterId, ...others] = await Promise.all(
    Array.from({ length: OPERATORS + 1 }, async () => (await partner.create()).phone.phoneId),
  );
  phoneIds = others;
  const made = await world.gateway.call('POST', '/v1/groups', { body: { masterId, phoneIds } });
  at = `/v1/groups/${made.json.groupId}`;
});
afterAll(async () => {
  await host?.close();
  await world?.close();
});

const patch = (operator: number, body: unknown): Promise<Answer> =>
  (gateways[operator % gateways.length] ?? world.gateway).call('PATCH', at, { body });
const read = async (): Promise<Json['groups'][number]> => {
  const { json, text } = await world.gateway.call('GET', '/v1/groups');
  const [group] = json.groups;
  if (group === undefined) throw new Error(text);
  return group;
};

describe('a group that several operators change at once', () => {
  it('has the change of each who names what was seen, and makes it anew when refused', async () => {
    const excludeOne = async (phoneId: string, operator: number): Promise<void> => {
      for (let attempt = 0; attempt < 50; attempt += 1) {
        const { exclude, revision } = await read();
        const { status, text } = await patch(operator, { exclude: [...exclude, phoneId], revision });
        if (status === 200) return;
        expect(text).toContain('GROUP_CHANGED');
      }
      throw new Error(`${phoneId} was never excluded`);
    };
    const { revision } = await read();
    await Promise.all(phoneIds.map(excludeOne));
    const after = await read();
    expect(after.exclude.toSorted()).toEqual(phoneIds.toSorted());
    expect(after.revision).toBe(revision + OPERATORS);
  });

  it('is changed by one of those that have seen the same', async () => {
    const { revision } = await read();
    const answers = await Promise.all(
      phoneIds.map((phoneId, operator) => patch(operator, { exclude: [phoneId], revision })),
    );
    const taken = answers.findIndex(({ status }) => status === 200);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(OPERATORS - 1);
    expect(answers.find(({ status }) => status === 409)?.json).toMatchObject({
      code: 'GROUP_CHANGED',
      field: 'revision',
    });
    expect(await read()).toMatchObject({ exclude: [phoneIds[taken]], revision: revision + 1 });
  });

  it('has what each of them changed, of different parts, without a word of what was seen', async () => {
    for (let round = 1; round <= 10; round += 1) {
      const changes = [
        { name: `row ${round}` },
        { jitter: { place: 0, delayMs: round } },
        { exclude: round % 2 === 0 ? [] : phoneIds.slice(0, 1) },
      ];
      const answers = await Promise.all(changes.map((change, operator) => patch(operator, change)));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(await read()).toMatchObject(Object.assign({}, ...changes));
    }
  });
});
