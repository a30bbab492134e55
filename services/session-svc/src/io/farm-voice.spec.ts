import { describe, expect, it } from 'vitest';
import type { Bus } from '@ancloud/bus';
import { SessionRecord, SessionState } from '@ancloud/contracts/state/v1/state';
import { silentLog } from '@ancloud/kit';
import type { State } from '@ancloud/state';
import { ManualClock } from '@ancloud/testkit';
import { FarmVoice } from './farm-voice.js';

const session = (phoneId: string, state = SessionState.SESSION_STATE_READY): SessionRecord =>
  SessionRecord.fromPartial({ phoneId, state });

/** A voice whose Redis writes down the keys that are set. */
function voiceOf(clock: ManualClock) {
  const written: string[] = [];
  const redis = { set: async (key: string) => void written.push(key), del: async () => 1 };
  const state = { run: (_what: string, fn: (client: object) => Promise<unknown>) => fn(redis) };
  const voice = new FarmVoice({
    bus: { publish: () => true } as unknown as Bus,
    state: state as unknown as State,
    clock,
    log: silentLog,
  });
  return { voice, written };
}

describe('FarmVoice', () => {
  it('renews each record within ten seconds, and never many at once', async () => {
    const clock = new ManualClock();
    const { voice, written } = voiceOf(clock);
    const phones = Array.from({ length: 50 }, (_, n) => `ph_${n}`);
    for (const phone of phones) voice.record(session(phone));
    await voice.flush();
    // One that ends must not move another one out of its turn.
    voice.record(session('ph_0', SessionState.SESSION_STATE_CLOSED));
    await voice.flush();
    written.length = 0;
    const turns: number[] = [];
    for (let ms = 0; ms < 10_000; ms += 500) {
      const before = written.length;
      await clock.advance(500);
      await voice.flush();
      turns.push(written.length - before);
    }
    expect(new Set(written).size).toBe(49);
    expect(Math.max(...turns)).toBe(3);
    voice.close();
  });

  it.each([1, 3, 20, 49])('renews %i records no oftener than each ten seconds', async (count) => {
    const clock = new ManualClock();
    const { voice, written } = voiceOf(clock);
    for (let n = 0; n < count; n += 1) voice.record(session(`ph_${n}`));
    await voice.flush();
    written.length = 0;
    for (let ms = 0; ms < 30_000; ms += 500) {
      await clock.advance(500);
      await voice.flush();
    }
    expect(new Set(written).size).toBe(count);
    expect(written.length).toBe(3 * count);
    voice.close();
  });

  it('answers when the turn of the event loop has written what it was to, and says how late', async () => {
    let nowMs = 5;
    const clock = Object.assign(new ManualClock(), { monotonic: () => nowMs });
    const said: unknown[] = [];
    const voice = new FarmVoice({
      bus: {
        publish: (_: unknown, { phone }: { phone: string }, ack: object) => said.push({ phone, ...ack }),
      } as unknown as Bus,
      state: {} as unknown as State,
      clock,
      log: silentLog,
    });
    voice.acknowledge('ph_a', { ack: 1, fence: 5, refused: '' });
    nowMs += 3;
    voice.acknowledge('ph_b', { ack: 2, fence: 6, refused: 'size' });
    expect(said).toEqual([]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(said).toEqual([
      { phone: 'ph_a', ack: 1, fence: 5, refused: '', lateUs: 3_000 },
      { phone: 'ph_b', ack: 2, fence: 6, refused: 'size', lateUs: 0 },
    ]);
    voice.close();
  });

  it('answers by the lane that brought the question, and by NATS where that takes nothing', async () => {
    const said: string[] = [];
    const voice = new FarmVoice({
      bus: {
        publish: (_: unknown, { phone }: { phone: string }) => said.push(`${phone} NATS`),
      } as unknown as Bus,
      state: {} as unknown as State,
      clock: new ManualClock(),
      log: silentLog,
    });
    const ack = { ack: 1, fence: 5, refused: '' };
    voice.acknowledge('ph_a', ack, (told) => said.push(`ph_a lane ${told.ack}:${told.lateUs}`) > 0);
    voice.acknowledge('ph_b', ack, () => false);
    voice.acknowledge('ph_c', ack);
    await new Promise((resolve) => setImmediate(resolve));
    expect(said).toEqual(['ph_a lane 1:0', 'ph_b NATS', 'ph_c NATS']);
    voice.close();
  });

  // Redis's answer and the next change may come in one turn of the event loop, in any order.
  it.each(Array.from({ length: 12 }, (_, turns) => turns))(
    'writes what it is told %i turns after the answer to the last write',
    async (turns) => {
      const answers: (() => void)[] = [];
      const asked = () => new Promise<number>((resolve) => answers.push(() => resolve(1)));
      let gone = 0;
      const redis = {
        set: asked,
        del: async () => {
          gone += 1;
          return asked();
        },
      };
      const voice = new FarmVoice({
        bus: { publish: () => true } as unknown as Bus,
        state: {
          run: (_what: string, fn: (client: object) => Promise<unknown>) => fn(redis),
        } as unknown as State,
        clock: new ManualClock(),
        log: silentLog,
      });
      voice.record(session('ph_a'));
      answers.shift()?.();
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      voice.record(session('ph_a', SessionState.SESSION_STATE_CLOSED));
      await new Promise((resolve) => setImmediate(resolve));
      for (const answer of answers.splice(0)) answer();
      await voice.flush();
      expect(gone).toBe(1);
      voice.close();
    },
  );
});
