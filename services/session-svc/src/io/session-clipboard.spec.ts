import { describe, expect, it } from 'vitest';
import { batch, stageSessions } from './session.fixture.js';

const never = new AbortController().signal;
const { until, phone, openReceiver } = stageSessions();

describe('clipboard', () => {
  it('is set, and its changes are told', async () => {
    const p = await phone();
    await p.ready();
    const text = { set: true, text: 'hello', paste: true };
    p.session.input.control(batch(1, { event: { $case: 'clipboard', value: text } }));
    await until('the text', () => p.control().controls.length === 1);
    expect(p.control().controls).toEqual([
      { kind: 'setClipboard', sequence: 0n, paste: true, text: 'hello' },
    ]);
    p.control().sendDevice({ kind: 'clipboard', text: 'copied' });
    await until('the text', () => p.events().includes('clipboard "copied"'));
  });

  it('is asked of the media server when there is one, else remembered', async () => {
    const p = await phone();
    const receiver = await openReceiver();
    await p.ready();
    const ask = batch(1, { event: { $case: 'clipboard', value: { set: false, text: '', paste: false } } });
    p.session.input.control(ask);
    p.control().sendDevice({ kind: 'clipboard', text: 'one' });
    await until('the change', () => p.events().includes('clipboard "one"'));
    p.session.input.control(ask);
    expect(p.events().filter((event) => event === 'clipboard "one"')).toHaveLength(2);
    await p.session.stream.attach(receiver.wish(), never);
    p.session.input.control(ask);
    await until('the question', () => p.media().controls.length === 1);
    expect(p.media().controls).toEqual([{ kind: 'getClipboard', copyKey: 0 }]);
    expect(p.control().controls).toEqual([]);
  });
});
