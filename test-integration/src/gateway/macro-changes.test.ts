import { records } from '@ancloud/contracts';
import { recordsOf } from '@ancloud/state';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, GatewayProcess } from './gateway-process.js';
import { GatewayWorld } from './gateway-world.js';

const WRITERS = 4;
let world: GatewayWorld;
/** Two on the same Redis: each writer has one of them. */
let gateways: readonly GatewayProcess[];
let at: string;

const press = (keycode: number) => ({ afterMs: 0, key: { keycode, stroke: 'press', metastate: 0 } });
const patch = (writer: number, body: unknown): Promise<Answer> =>
  (gateways[writer % gateways.length] ?? world.gateway).call('PATCH', at, { body });
const read = async (): Promise<Answer['json']> => (await world.gateway.call('GET', at)).json;

beforeAll(async () => {
  world = await GatewayWorld.start();
  gateways = [world.gateway, await world.another()];
  const made = await world.gateway.call('POST', '/v1/macros', {
    body: { name: 'shared', steps: [press(3)] },
  });
  at = `/v1/macros/${made.json.macroId}`;
});
afterAll(async () => {
  await world?.close();
});

describe('a macro that several change at once', () => {
  it('has the step of each who names what was seen, and makes the change anew when refused', async () => {
    const addStep = async (writer: number): Promise<void> => {
      for (let attempt = 0; attempt < 50; attempt += 1) {
        const { steps, revision } = await read();
        const { status, text } = await patch(writer, { steps: [...steps, press(100 + writer)], revision });
        if (status === 200) return;
        expect(text).toContain('MACRO_CHANGED');
      }
      throw new Error(`the step of writer ${writer} was never taken`);
    };
    const { revision } = await read();
    await Promise.all(Array.from({ length: WRITERS }, (_, writer) => addStep(writer)));
    const after = await read();
    expect(after.steps).toHaveLength(1 + WRITERS);
    expect(after.steps).toEqual(
      expect.arrayContaining([press(3), press(100), press(101), press(102), press(103)]),
    );
    expect(after.revision).toBe(revision + WRITERS);
  });

  it('is changed by one of those that have seen the same', async () => {
    const { revision } = await read();
    const answers = await Promise.all(
      Array.from({ length: WRITERS }, (_, writer) =>
        patch(writer, { steps: [press(10 + writer)], revision }),
      ),
    );
    const taken = answers.findIndex(({ status }) => status === 200);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(WRITERS - 1);
    expect(answers.find(({ status }) => status === 409)?.json).toMatchObject({
      code: 'MACRO_CHANGED',
      field: 'revision',
    });
    expect(await read()).toMatchObject({ steps: [press(10 + taken)], revision: revision + 1 });
  });

  it('has what each of them changed, of different parts, without a word of what was seen', async () => {
    for (let round = 1; round <= 10; round += 1) {
      const changes = [{ name: `round ${round}` }, { steps: [press(round)] }];
      const answers = await Promise.all(changes.map((change, writer) => patch(writer, change)));
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect(await read()).toMatchObject(Object.assign({}, ...changes));
    }
  });

  it('is changed as any when it was kept before there were revisions', async () => {
    const kept = recordsOf(world.state, records.macro);
    const macro = (await read()).macroId;
    const record = await kept.get({ macro });
    if (record === undefined) throw new Error(`${macro} is gone`);
    await kept.set({ macro }, { ...record, revision: 0 });
    expect((await patch(0, { name: 'old', revision: 1 })).json).toMatchObject({ code: 'MACRO_CHANGED' });
    expect((await patch(0, { name: 'old', revision: 0 })).json).toMatchObject({ name: 'old', revision: 1 });
  });
});
