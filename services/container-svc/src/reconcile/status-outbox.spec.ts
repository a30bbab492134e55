import type { Bus } from '@ancloud/bus';
import { PhoneStatus } from '@ancloud/contracts/state/v1/state';
import { silentLog } from '@ancloud/kit';
import type { State } from '@ancloud/state';
import { describe, expect, it } from 'vitest';
import { StatusOutbox } from './status-outbox.js';

const status = (revision: number): PhoneStatus => PhoneStatus.fromPartial({ phoneId: 'ph_a', revision });

describe('StatusOutbox', () => {
  // Redis's answer and the next change may come in one turn of the event loop, in any order.
  it.each(Array.from({ length: 12 }, (_, turns) => turns))(
    'writes what is put %i turns after the answer to the last write',
    async (turns) => {
      const answers: (() => void)[] = [];
      const told: number[] = [];
      const state = { script: () => new Promise<number[]>((resolve) => answers.push(() => resolve([1]))) };
      const bus = {
        publish: (_subject: object, _phone: object, { revision }: PhoneStatus) => told.push(revision),
      };
      const outbox = new StatusOutbox(state as unknown as State, bus as unknown as Bus, silentLog);
      outbox.put(status(1));
      await new Promise((resolve) => setImmediate(resolve));
      answers.shift()?.();
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      outbox.put(status(2));
      await new Promise((resolve) => setImmediate(resolve));
      for (const answer of answers.splice(0)) answer();
      await new Promise((resolve) => setImmediate(resolve));
      expect(told).toEqual([1, 2]);
    },
  );

  it('is settled at once when nothing waits, again and again', async () => {
    const outbox = new StatusOutbox({} as State, {} as Bus, silentLog);
    await outbox.settled();
    await outbox.settled();
  });
});
