import type { ControlBatch } from '@ancloud/contracts/input/v1/input';
import { type TouchAction, ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { silentLog } from '@ancloud/kit';
import { expect, vi } from 'vitest';
import type { Audit } from './io/audit.js';
import type { ControlLease, Taken } from './io/control-lease.js';
import type { Notices } from './io/notices.js';
import { PhoneInput, type PhoneInputOptions } from './phone-input.js';

/** A lease that gives its fence when told to. */
class HeldLease {
  readonly asked: { holder: string; give: (fence: number | undefined) => void; lost: () => void }[] = [];
  take(holder: string, lost: () => void): Promise<Taken> {
    return new Promise((resolve) => {
      const give = (fence: number | undefined): void =>
        resolve(fence === undefined ? { refused: 'UNAVAILABLE_STATE' } : { fence });
      this.asked.push({ holder, give, lost });
    });
  }
  async release(): Promise<void> {}
}

export const touch = (sequence: number, action: TouchAction, fingers: number[] = [0]): Uint8Array =>
  ViewerInput.encode(
    ViewerInput.fromPartial({
      input: {
        $case: 'touch',
        value: {
          gesture: 1,
          sequence,
          action,
          finger: 0,
          fingers: fingers.map((finger) => ({ finger, x: 100, y: 100, pressure: 65_535 })),
        },
      },
    }),
  ).finish();

/** What `stagePhoneInput` gives. */
export type Staged = ReturnType<typeof stagePhoneInput>;

/** The input of a phone of 720x1280, and all that it says to those around it. Its time is Vitest's. */
export function stagePhoneInput() {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'performance'] });
  const lease = new HeldLease();
  const sent: ControlBatch[] = [];
  const told: string[] = [];
  const done: string[] = [];
  const audited: object[] = [];
  /** What became of each message. */
  const counts: string[] = [];
  const asked: { of: string; answer: (lane: number) => void }[] = [];
  /** What went into a cast, while it takes any. */
  const inCast: { shared: string[] | undefined } = { shared: undefined };
  const isLifted = (): boolean => words().at(-1)?.endsWith(':liftAll') === true;
  const notices = {
    control: (viewer: string, holder: string) => told.push(`${viewer} sees ${holder}`),
    holder: (holder: string) => told.push(`holder ${holder}`),
    refused: (viewer: string, code: string) => told.push(`${viewer} refused ${code}`),
    clipboard: () => undefined,
    lifted: (viewer: string) => told.push(`${viewer} lifted${isLifted() ? '' : ' before it was so'}`),
    gone: () => undefined,
  };
  const options: PhoneInputOptions = {
    phoneId: 'ph_1',
    lease: lease as unknown as ControlLease,
    notices: notices as unknown as Notices,
    audit: { add: (line: object) => audited.push(line) } as unknown as Audit,
    send: (batch) => sent.push(batch),
    share: (_, event, fence, ack) => (inCast.shared?.push(`${event.$case} ${fence} ${ack}`) ?? 0) > 0,
    counted: (what) => counts.push(what),
    did: (viewer, role, did) => done.push(`${viewer} ${role} ${did.input?.$case}`),
    letGo: (viewer) => done.push(`${viewer} let go`),
    lifted: () => done.push('lifted'),
    straight: (fence, viewer) =>
      new Promise((resolve) => {
        asked.push({
          of: `${fence} ${viewer}`,
          answer: (lane) => resolve({ address: '', lane, secret: new Uint8Array(32) }),
        });
      }),
    log: silentLog,
  };
  const input = new PhoneInput(options);
  input.resized({ width: 720, height: 1280 });
  const words = (): string[] =>
    sent.flatMap(({ fence, events }) =>
      events.map(
        ({ event }) => `${fence}:${event?.$case}${event?.$case === 'touch' ? event.value.sequence : ''}`,
      ),
    );
  /** The viewer is whose lease was asked for last, and gets that fence. */
  const holds = async (viewer: string, fence: number): Promise<void> => {
    await settle();
    expect(lease.asked.at(-1)?.holder).toBe(viewer);
    lease.asked.at(-1)?.give(fence);
    await settle();
  };
  return { lease, sent, told, done, audited, counts, asked, inCast, options, input, words, holds };
}

export const settle = async (): Promise<void> => {
  await vi.advanceTimersByTimeAsync(0);
};
