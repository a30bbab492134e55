import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isAppError, realClock } from '@ancloud/kit';
import { expect, it } from 'vitest';
import { PhoneLock } from './phone-lock.js';

it('is held on by a program that inherited it, also after we have let go', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-lock-'));
  const file = path.join(folder, 'ph_1.lock');
  const { signal } = new AbortController();
  const first = await PhoneLock.take(file, realClock, signal);
  // `read` ends when its stdin does: the program lives exactly as long as this test wants.
  const heir = spawn('sh', ['-c', 'read line'], { stdio: ['pipe', 'ignore', 'ignore', first.fd] });
  first.release();
  const refused = await PhoneLock.take(file, realClock, signal, 100).catch((error: unknown) => error);
  expect(isAppError(refused, 'STEP_FAILED')).toBe(true);
  const waiting = PhoneLock.take(file, realClock, signal, 10_000);
  heir.stdin?.end();
  const second = await waiting;
  second.release();
  fs.rmSync(folder, { recursive: true });
});
