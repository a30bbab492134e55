import { viewer } from '@ancloud/contracts';
import { damagedJson, FUZZ_MS, fuzzSettings } from '@ancloud/testkit';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { readOpen, readShellNotice } from '../src/phones/core/shell-frames.js';
import { readJoin } from '../src/signal/core/frames.js';

const texts = damagedJson([
  { id: 1, method: 'join', data: { token: 'vt_1', receive: true } },
  { id: 1, method: 'join', data: { viewer: 'vw_1', resume: 'secret' } },
  { id: 2, method: 'consume', data: { rtpCapabilities: { codecs: [{ mimeType: 'video/H264' }] } } },
  { id: 3, ok: {} },
  { id: 4, error: { code: 'INTERNAL', message: 'no' } },
  { notify: 'leave', data: {} },
  { notify: 'resize', data: { rows: 24, columns: 80 } },
  { id: 1, method: 'open', data: { key: 'ak_1', command: 'ls', rows: 24, columns: 80 } },
]);

/** Each of one union, by its fields' types alone. */
function checkFrame(frame: viewer.Frame): void {
  if ('notify' in frame) return expect(frame.notify).toBeTypeOf('string');
  expect(frame.id).toSatisfy(Number.isSafeInteger);
  if ('method' in frame) return expect(frame.method).toBeTypeOf('string');
  if (frame.error === undefined) return;
  expect(frame.error.code).toBeTypeOf('string');
  expect(frame.error.message).toBeTypeOf('string');
}

// What throws here is an uncaught exception of the gateway's: the readers stand in the handler of a WebSocket's messages.
it(
  'a text frame is one of the protocol, or none, and what it asks for is typed or has a problem',
  () => {
    fc.assert(
      fc.property(texts, (text) => {
        const frame = viewer.parseFrame(text);
        if (frame !== null) checkFrame(frame);
        const join = readJoin(frame);
        if ('problem' in join) expect(join.problem).toBeTypeOf('string');
        else {
          expect(join.receive).toBeTypeOf('boolean');
          const { kind, ...credential } = join.join;
          expect(Object.keys(credential)).toHaveLength(kind === 'token' ? 1 : 2);
          for (const part of Object.values(credential)) expect(part).toBeTypeOf('string');
        }
        const open = readOpen(frame);
        if (!('problem' in open)) {
          expect(open.command).toBeTypeOf('string');
          expect(['string', 'undefined']).toContain(typeof open.key);
          for (const side of [open.rows, open.columns]) expect(side >= 1 && side <= 10_000).toBe(true);
        }
        const notice = readShellNotice(frame);
        if (notice?.kind === 'resize')
          for (const side of [notice.rows, notice.columns]) expect(side >= 1 && side <= 10_000).toBe(true);
      }),
      fuzzSettings(2_000),
    );
  },
  FUZZ_MS,
);
