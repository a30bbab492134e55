import { describe, expect, it } from 'vitest';
import { AppError } from './errors.js';
import { createLog, type Log, logLevelOf, nestLogger, prettyLine, withLogContext } from './log.js';
import { childTraceparent, newTraceparent, parseTraceparent } from './trace.js';

function capture(level: 'debug' | 'info' = 'debug'): {
  log: Log;
  lines: () => Record<string, unknown>[];
  text: () => string;
} {
  let text = '';
  const log = createLog({
    service: 'spec',
    level,
    pretty: false,
    destination: { write: (line) => void (text += line) },
  });
  const lines = () =>
    text
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { log, lines, text: () => text };
}

describe('log', () => {
  it('writes JSON with level, service, facts and the context of the request', async () => {
    const { log, lines } = capture();
    await withLogContext({ phone: 'ph_1' }, () =>
      withLogContext({ viewer: 'vw_1' }, async () => {
        await Promise.resolve();
        log.child({ part: 'x' }).info({ ms: 3 }, 'done');
      }),
    );
    log.warn('outside');
    expect(lines()).toMatchObject([
      { level: 'info', service: 'spec', phone: 'ph_1', viewer: 'vw_1', part: 'x', ms: 3, msg: 'done' },
      { level: 'warn', msg: 'outside' },
    ]);
    expect(lines()[1]).not.toHaveProperty('phone');
  });

  it('redacts secrets, also two levels down', () => {
    const { log, text } = capture();
    log.info({ password: 'hunter2', config: { token: 'hunter2', nats: { pass: 'hunter2' } } }, 'x');
    expect(text()).not.toContain('hunter2');
    expect(text()).toContain('<redacted>');
  });

  it('keeps code, fix and the chain of causes of an error', () => {
    const { log, lines } = capture();
    const cause = new Error('ECONNREFUSED', { cause: new Error('deeper') });
    log.error({ err: new AppError('ADB_REFUSED', 'opening ph_1', { fix: 'wait', cause }) }, 'failed');
    expect(lines()[0]?.['err']).toMatchObject({
      code: 'ADB_REFUSED',
      message: 'opening ph_1',
      fix: 'wait',
      cause: { message: 'ECONNREFUSED', cause: { message: 'deeper' } },
    });
  });

  it('is short for people', () => {
    const line = JSON.stringify({
      level: 'error',
      time: '2026-11-23T18:00:01.234Z',
      service: 'gateway',
      pid: 1,
      phone: 'ph_1',
      ms: 4,
      msg: 'no',
      err: { code: 'FENCED', message: 'gone', fix: 'retry' },
    });
    expect(prettyLine(line)).toBe(
      '18:00:01.234 ERROR gateway: no phone=ph_1 ms=4\n    FENCED: gone\n    fix: retry\n',
    );
    expect(prettyLine('not json\n')).toBe('not json\n');
  });

  it("lets Nest's own chatter through as debug only", () => {
    const { log, lines } = capture('info');
    const nest = nestLogger(log);
    nest.log('Starting Nest application...', 'NestFactory');
    nest.error('broken', 'stack', 'Injector');
    expect(lines()).toMatchObject([{ level: 'error', msg: 'broken', nest: 'Injector' }]);
  });
});

describe('traceparent', () => {
  it.each([
    ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', true],
    ['00-00000000000000000000000000000000-00f067aa0ba902b7-01', false],
    ['00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01', false],
    ['ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', false],
    ['00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01', false],
    ['', false],
  ])('%s', (text, valid) => expect(parseTraceparent(text) === text && valid).toBe(valid));

  it('goes on with the trace of the context and a new parent', () => {
    const mine = newTraceparent();
    const child = withLogContext({ traceparent: mine }, childTraceparent);
    expect(parseTraceparent(child)).toBe(child);
    expect(child.slice(0, 35)).toBe(mine.slice(0, 35));
    expect(child).not.toBe(mine);
    expect(childTraceparent().slice(3, 35)).not.toBe(mine.slice(3, 35));
  });
});

describe('logLevelOf', () => {
  it.each([
    [undefined, 'info'],
    ['', 'info'],
    ['warn', 'warn'],
    ['silent', 'silent'],
    ['loud', 'info'],
  ])('%j → %s', (ANCLOUD_LOG_LEVEL, level) => expect(logLevelOf({ ANCLOUD_LOG_LEVEL })).toBe(level));
});
