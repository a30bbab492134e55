import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Exec, type ExecOptions, isAppError, realExec } from '@ancloud/kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quickExec } from './posix-spawn.js';

let folder: string;
let file: number;

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-spawn-'));
  file = fs.openSync(path.join(folder, 'file'), 'w+');
  fs.writeSync(file, 'from a file');
  fs.writeFileSync(path.join(folder, 'no-program'), 'x');
});
afterAll(() => {
  fs.closeSync(file);
  fs.rmSync(folder, { recursive: true });
});

const sh = (script: string): string[] => ['sh', '-c', script];

/** What a caller learns. */
async function outcome(exec: Exec, argv: readonly string[], options: ExecOptions): Promise<unknown> {
  try {
    const { code, stdout, stderr } = await exec(argv, options);
    return { code, stdout: stdout.toString(), stderr };
  } catch (error) {
    if (!isAppError(error)) throw error;
    const { code, field, value, fix } = error;
    return { error: code, field, value, fix };
  }
}

describe('programs by posix_spawn', () => {
  it.each<[string, string[], () => ExecOptions, unknown]>([
    [
      'output, last words and code',
      sh('cat; echo warned >&2; exit 3'),
      () => ({ stdin: 'in', okCodes: [3] }),
      { code: 3, stdout: 'in', stderr: 'warned\n' },
    ],
    ['nothing to read', ['cat'], () => ({}), { code: 0, stdout: '' }],
    ['a bad end', sh('echo no >&2; exit 7'), () => ({}), { error: 'EXEC_FAILED', value: '7' }],
    ['an end by a signal', sh('kill -KILL $$'), () => ({}), { error: 'EXEC_FAILED', value: 'SIGKILL' }],
    ['no such program', ['ancloud-none'], () => ({}), { fix: 'install ancloud-none or correct PATH' }],
    ['a file that is none', ['./no-program'], () => ({ cwd: folder }), { error: 'EXEC_FAILED' }],
    ['a folder of its own', ['pwd'], () => ({ cwd: folder }), {}],
    ['its environment alone', ['env'], () => ({ env: { PATH: '/usr/bin:/bin', A: 'b' } }), {}],
    [
      'descriptors from 3 on',
      sh('readlink /proc/self/fd/3 /proc/self/fd/4'),
      () => ({ fds: [file, file] }),
      { code: 0 },
    ],
    ['a descriptor below its place', sh('readlink /proc/$$/fd/3'), () => ({ fds: [0], stdin: '' }), {}],
    ['no other descriptors', sh('ls /proc/$$/fd'), () => ({}), {}],
    [
      'signals as they are by default, less two of glibc’s own',
      ['sed', '-n', 's/^Sig[BI][lg][kn]:.*\\(.\\{7\\}\\)$/\\1/p', '/proc/self/status'],
      () => ({}),
      { stdout: '0000000\n0000000\n' },
    ],
    ['much output', sh('head -c 3000000 /dev/zero'), () => ({ maxStdout: 4_000_000 }), { code: 0 }],
    ['much input that nobody reads', ['true'], () => ({ stdin: 'x'.repeat(1_000_000) }), { code: 0 }],
    ['too much output', ['yes'], () => ({ maxStdout: 10_000 }), { error: 'EXEC_FAILED' }],
    ['a time limit', ['sleep', '1d'], () => ({ timeoutMs: 50 }), { error: 'DEADLINE_EXCEEDED' }],
    [
      'the limit of a group',
      sh('sleep 600 & sleep 600'),
      () => ({ timeoutMs: 50, group: true }),
      { error: 'DEADLINE_EXCEEDED' },
    ],
  ])('%s: as by node', async (_, argv, options, expected) => {
    const ours = await outcome(quickExec, argv, options());
    expect(ours).toMatchObject(expected as object);
    expect(ours).toEqual(await outcome(realExec, argv, options()));
  });

  it('does not wait for grandchildren that hold the pipes', async () => {
    const { stdout } = await quickExec(sh('sleep 600 & echo $!'));
    // Answered while it lives: a signal finds it.
    expect(process.kill(Number(stdout.toString()), 'SIGKILL')).toBe(true);
  });

  it('collects each of many, beside those of node, and keeps nothing of them', async () => {
    const before = fs.readdirSync('/proc/self/fd').length;
    const codes = await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        const exec = i % 2 === 0 ? quickExec : realExec;
        return (await exec(sh(`exit ${i}`), { okCodes: [i] })).code;
      }),
    );
    expect(codes).toEqual(Array.from({ length: 100 }, (_, i) => i));
    await expect.poll(() => fs.readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before);
    const children = fs.readFileSync(`/proc/self/task/${process.pid}/children`, 'latin1');
    expect(children.split(' ').filter((pid) => isZombie(pid))).toEqual([]);
  });
});

function isZombie(pid: string): boolean {
  try {
    return / Z /.test(fs.readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}
