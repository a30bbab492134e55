import type { ControlEvent } from '@ancloud/contracts/input/v1/input';
import { PadState, ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { expect, it } from 'vitest';
import { padAtRest, padEvents } from '../core/pad.js';
import { asking, batch, size, stageSessions, type StagedPhone } from './session.fixture.js';

const { advance, until, phone } = stageSessions();

const pad = (sequence: number, parts: Partial<PadState> = {}): PadState => ({
  ...padAtRest,
  ...parts,
  sequence,
});
const event = (state: PadState): ControlEvent => ({ event: { $case: 'pad', value: state } });
const lift: ControlEvent = { event: { $case: 'liftAll', value: { reason: 'gone' } } };

/** What each program that wrote to the gamepad was given. */
const written = ({ device }: StagedPhone): string[] =>
  device.written.map(({ chunks }) => Buffer.concat(chunks).toString('hex'));
const said = (before: PadState | undefined, now: PadState, bytes: 16 | 24 = 24): string =>
  Buffer.from(padEvents(before, now, bytes)).toString('hex');
const whole = said(undefined, padAtRest);

async function withPad(elf = '\u0002') {
  const p = await phone('4.1', { gamepad: true });
  const other = p.device.answer;
  p.device.answer = (command) => (command.includes('/proc/self/exe') ? elf : other(command));
  await p.ready();
  await until('the gamepad brought to rest', () => p.device.written.length === 1 && written(p)[0] === whole);
  return p;
}

it('a session begins with a gamepad at rest, whatever one before it has left, and ends that program', async () => {
  const p = await withPad();
  expect(p.device.written[0]?.command).toBe(
    'exec dd ibs=4096 obs=24 of=/dev/input/event0 conv=notrunc 2>/dev/null',
  );
  expect(p.records.at(-1)?.gamepad).toBe(true);
  await until('its end', () => [...p.device.links][0]?.commands.size === 0);
});

it('a state is written as far as it is news, by one program as long as its holder is there', async () => {
  const p = await withPad();
  p.session.input.control(batch(1, event(pad(1, { leftX: 9 }))));
  await until('the first', () => written(p)[1] === said(undefined, pad(1, { leftX: 9 })));
  p.session.input.control(batch(1, event(pad(2, { leftX: 9, buttons: 1 }))));
  const second = said(pad(1, { leftX: 9 }), pad(2, { leftX: 9, buttons: 1 }));
  await until('the second', () => written(p)[1]?.endsWith(second) === true);
  p.session.input.control(batch(1, lift));
  await until(
    'rest',
    () => written(p)[1]?.endsWith(said(pad(2, { leftX: 9, buttons: 1 }), padAtRest)) === true,
  );
  expect(p.device.written).toHaveLength(2);
  await until('its end', () => [...p.device.links][0]?.commands.size === 0);
});

it('an older state is void, and so is one of an older holder', async () => {
  const p = await withPad();
  p.session.input.control(batch(3, event(pad(7, { leftX: 9 }))));
  p.session.input.control(batch(3, event(pad(6, { leftX: 1 }))));
  p.session.input.control(batch(2, event(pad(8, { leftX: 2 }))));
  await until('the state', () => written(p)[1] === said(undefined, pad(7, { leftX: 9 })));
  const metrics = await p.metrics.registry.metrics();
  for (const reason of ['stale', 'fence'])
    expect(metrics).toMatch(new RegExp(`ancloud_input_dropped_total\\{reason="${reason}"[^}]*\\} 1\\n`));
});

it('goes to rest when somebody else gets the controls, whose states begin anew', async () => {
  const p = await withPad();
  p.session.input.control(batch(1, event(pad(700, { buttons: 1 }))));
  await until('the button', () => written(p)[1] === said(undefined, pad(700, { buttons: 1 })));
  p.session.input.holderChanged(2, true);
  await until('rest', () => written(p)[1]?.endsWith(said(pad(700, { buttons: 1 }), padAtRest)) === true);
  p.session.input.control(batch(2, event(pad(1, { buttons: 2 }))));
  await until('the next holder', () => written(p)[2] === said(undefined, pad(1, { buttons: 2 })));
});

it('goes to rest when the phone goes on after a pause, and takes nothing meanwhile', async () => {
  const p = await withPad();
  p.session.input.control(batch(1, event(pad(1, { buttons: 1 }))));
  await until('the button', () => written(p)[1] === said(undefined, pad(1, { buttons: 1 })));
  p.session.hold(true);
  p.session.input.control(batch(1, event(pad(2, { buttons: 3 }))));
  p.session.hold(false);
  await until(
    'rest',
    () => written(p)[1] === said(undefined, pad(1, { buttons: 1 })) + said(pad(1, { buttons: 1 }), padAtRest),
  );
});

it('a program that ended is started again and told the whole, and after some tries no more', async () => {
  const p = await withPad();
  p.session.input.control(batch(1, event(pad(1, { buttons: 1 }))));
  await until('the button', () => written(p)[1] === said(undefined, pad(1, { buttons: 1 })));
  for (const stream of [...p.device.links][0]?.commands ?? []) stream.destroy();
  await until('another', () => written(p)[2] === said(undefined, pad(1, { buttons: 1 })));
  let tries = 0;
  p.device.refuses = () => {
    tries += 1;
    return true;
  };
  for (const stream of [...p.device.links][0]?.commands ?? []) stream.destroy();
  const dropped = async (): Promise<number> =>
    Number(/reason="pad"[^}]*\} (\d+)\n/.exec(await p.metrics.registry.metrics())?.[1] ?? 0);
  // Two programs that ended, and each try.
  await until('the last try', async () => (await dropped()) === 2 + tries && tries === 6);
  for (let more = 0; more < 5; more += 1)
    p.session.input.control(batch(1, event(pad(10 + more, { buttons: 1 }))));
  expect(await dropped()).toBe(2 + 6 + 5);
  expect(tries).toBe(6);
  // The next holder is tried for again.
  p.device.refuses = () => false;
  p.session.input.control(batch(2, event(pad(1, { leftY: 5 }))));
  const rests = `${whole}${said(padAtRest, pad(1, { leftY: 5 }))}`;
  await until('the next holder', () => written(p).at(-1) === rests);
});

it('a phone whose programs are of 32 bits has smaller events', async () => {
  const p = await phone('4.1', { gamepad: true });
  const other = p.device.answer;
  p.device.answer = (command) => (command.includes('/proc/self/exe') ? '\u0001' : other(command));
  await p.ready();
  await until('rest', () => written(p)[0] === said(undefined, padAtRest, 16));
  expect(p.device.written[0]?.command).toContain('obs=16');
});

it('the holder’s own messages reach it too', async () => {
  const p = await withPad();
  p.session.input.resized(size);
  const input = { $case: 'pad', value: pad(1, { rightY: -3 }) } as const;
  p.session.input.straight(1, ViewerInput.encode({ input, sentAtMs: 0 }).finish());
  await until('the state', () => written(p)[1] === said(undefined, pad(1, { rightY: -3 })));
});

it('a phone without a gamepad is asked nothing, and what it is sent is dropped and counted', async () => {
  const p = await phone();
  await p.ready();
  p.session.input.control(batch(1, event(pad(1, { buttons: 1 }))));
  // Once the phone has said how it is turned.
  await until('the drop', async () => {
    const metrics = await p.metrics.registry.metrics();
    return /ancloud_input_dropped_total\{reason="unsupported"[^}]*\} 1\n/.test(metrics);
  });
  expect(p.device.written).toEqual([]);
  expect(p.device.commands.some((command) => command.includes('/proc/self/exe'))).toBe(false);
  expect(p.records.at(-1)?.gamepad).toBe(false);
});

it('a state that asks is answered when the gamepad is in it; one that was void before, or cannot be told, is refused', async () => {
  const p = await withPad();
  const ask = (ack: number, state: PadState): void => p.session.input.control(asking(1, ack, event(state)));
  ask(1, pad(1, { buttons: 1 }));
  // The program is not there yet: the second is what it is told next, and the third is all that counts then.
  ask(2, pad(2, { buttons: 2 }));
  ask(3, pad(3, { buttons: 3 }));
  await until('the last', () => p.acks.some(({ ack }) => ack === 3));
  expect(p.acks.filter(({ ack }) => ack > 0).map(({ ack, refused }) => [ack, refused])).toEqual([
    [1, 'pad'],
    [2, 'pad'],
    [3, ''],
  ]);
  expect(written(p)[1]?.endsWith(said(pad(1, { buttons: 1 }), pad(3, { buttons: 3 })))).toBe(true);
  ask(4, pad(4, { buttons: 3 }));
  await until('what changes nothing', () => p.acks.some(({ ack, refused }) => ack === 4 && refused === ''));
  p.device.refuses = () => true;
  [...([...p.device.links][0]?.commands ?? [])].at(-1)?.destroy();
  ask(5, pad(5, { buttons: 0 }));
  await advance(60_000);
  await until('the refusal', () => p.acks.some(({ ack, refused }) => ack === 5 && refused === 'pad'));
});
