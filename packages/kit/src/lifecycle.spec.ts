import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from './errors.js';
import { Lifecycle, type Part, runMain } from './lifecycle.js';
import { silentLog } from './log.js';

const EVENTS = ['SIGTERM', 'SIGINT', 'unhandledRejection', 'uncaughtException'] as const;
const before = EVENTS.map((event) => [event, process.rawListeners(event)] as const);
afterEach(() => {
  // runMain owns a whole process and never takes its listeners back: the spec does.
  for (const [event, listeners] of before)
    for (const listener of process.rawListeners(event))
      if (!listeners.includes(listener)) process.off(event, listener as () => void);
});

function part(name: string, said: string[], more: Partial<Part> = {}): Part {
  const say = (pass: string) => (): void => void said.push(`${pass} ${name}`);
  return { name, stop: say('stop'), join: say('join'), free: say('free'), ...more };
}

describe('Lifecycle', () => {
  it('ends in three passes, the newest part first in each', async () => {
    const said: string[] = [];
    const life = new Lifecycle({ log: silentLog });
    life.add(part('a', said));
    life.add(part('b', said));
    const twice = [life.shutdown('test'), life.shutdown('again')];
    expect(life.signal.aborted).toBe(true);
    expect(await Promise.all(twice)).toEqual([true, true]);
    expect(said).toEqual(['stop b', 'stop a', 'join b', 'join a', 'free b', 'free a']);
  });

  it('gives the others their turn when one throws or hangs', async () => {
    const said: string[] = [];
    const life = new Lifecycle({ log: silentLog, deadlineMs: 60 });
    life.add(part('a', said));
    life.add(part('hangs', said, { join: () => new Promise<void>(() => {}) }));
    life.add(part('throws', said, { stop: () => Promise.reject(new Error('x')) }));
    expect(await life.shutdown('test')).toBe(false);
    expect(said).toEqual([
      'stop hangs',
      'stop a',
      'join throws',
      'join a',
      'free throws',
      'free hangs',
      'free a',
    ]);
  });

  it('ends at once what is added too late', async () => {
    const said: string[] = [];
    const life = new Lifecycle({ log: silentLog });
    const done = life.shutdown('test');
    life.add(part('late', said));
    await done;
    await expect.poll(() => said).toEqual(['stop late', 'join late', 'free late']);
  });
});

describe('runMain', () => {
  it('leaves with 0 after SIGTERM, and at once with 143 after a second', async () => {
    const exits: number[] = [];
    const gate = Promise.withResolvers<void>();
    await runMain({ log: silentLog, exit: (code) => void exits.push(code) }, (life) => {
      life.add({ name: 'slow', join: () => gate.promise });
      return Promise.resolve();
    });
    process.emit('SIGTERM', 'SIGTERM');
    process.emit('SIGTERM', 'SIGTERM');
    expect(exits).toEqual([143]);
    gate.resolve();
    await expect.poll(() => exits).toEqual([143, 0]);
  });

  it('ends what was started when the rest cannot start, and leaves with 1', async () => {
    const exits: number[] = [];
    const said: string[] = [];
    await runMain({ log: silentLog, exit: (code) => void exits.push(code) }, (life) => {
      life.add(part('a', said));
      return Promise.reject(new AppError('PORT_TAKEN', 'no'));
    });
    await expect.poll(() => exits).toEqual([1]);
    expect(said).toEqual(['stop a', 'join a', 'free a']);
  });

  it('takes an unhandled rejection for a bug: orderly, but with 1', async () => {
    const exits: number[] = [];
    const said: string[] = [];
    await runMain({ log: silentLog, exit: (code) => void exits.push(code) }, (life) => {
      life.add(part('a', said));
      return Promise.resolve();
    });
    process.listeners('unhandledRejection').at(-1)?.(new Error('bug'), Promise.resolve());
    await expect.poll(() => exits).toEqual([1]);
    expect(said).toContain('free a');
  });
});
