import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { silentLog } from '@ancloud/kit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { limitsCondition, raiseCeilings, readCeilings } from './host-limits.js';

let root: string;
const set = (name: string, value: number): void => {
  fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
  fs.writeFileSync(path.join(root, name), `${value}\n`);
};
const of = (name: string): string => fs.readFileSync(path.join(root, name), 'utf8').trim();

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-sysctl-'));
  set('fs/inotify/max_user_instances', 128);
  set('fs/inotify/max_user_watches', 1_048_576);
  set('kernel/pid_max', 4_194_304);
  set('fs/file-max', 9_000_000);
});
afterEach(() => fs.rmSync(root, { recursive: true }));

it('raises what is low and touches nothing else', () => {
  expect(raiseCeilings(true, silentLog, root)).toEqual([]);
  expect(of('fs/inotify/max_user_instances')).toBe('8192');
  expect(of('fs/inotify/max_user_watches')).toBe('1048576');
  expect(readCeilings('/images', root)).toMatchObject({
    inotifyInstances: 8_192,
    inotifyWatches: 1_048_576,
    pids: 4_194_304,
    openFiles: 9_000_000,
  });
});

it('tells what it may not raise, and what it cannot', () => {
  const off = raiseCeilings(false, silentLog, root);
  expect(of('fs/inotify/max_user_instances')).toBe('128');
  expect(limitsCondition(off)).toEqual({
    type: 'LimitsLow',
    active: true,
    message:
      'fs.inotify.max_user_instances is 128 (ANCLOUD_RAISE_LIMITS is off): sysctl -w fs.inotify.max_user_instances=8192',
  });
  // A folder in its place cannot be written, not even by root.
  fs.rmSync(path.join(root, 'kernel/pid_max'));
  fs.mkdirSync(path.join(root, 'kernel/pid_max'));
  expect(raiseCeilings(true, silentLog, root)).toMatchObject([
    { ceiling: { name: 'kernel.pid_max' }, value: 0, why: 'EISDIR' },
  ]);
  expect(limitsCondition([]).active).toBe(false);
});
