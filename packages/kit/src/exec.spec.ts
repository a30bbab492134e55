import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { realExec } from './exec.js';

const sh = (script: string, options?: Parameters<typeof realExec>[1]) =>
  realExec(['/bin/sh', '-c', script], options);

describe('realExec', () => {
  it('gives output, the last words and the code', async () => {
    const result = await sh('cat; echo warned >&2; exit 3', { stdin: 'in', okCodes: [0, 3] });
    expect(result).toMatchObject({ code: 3, stderr: 'warned\n' });
    expect(result.stdout.toString()).toBe('in');
  });

  it('never sees a shell: blanks and dollars are what they are', async () => {
    const { stdout } = await realExec(['printf', '%s', 'a  $HOME;b']);
    expect(stdout.toString()).toBe('a  $HOME;b');
  });

  it('names the program, its exit code and its last words', async () => {
    await expect(sh('for i in 1 2 3 4 5; do echo line $i >&2; done; exit 7')).rejects.toMatchObject({
      code: 'EXEC_FAILED',
      field: '/bin/sh',
      value: '7',
      message: 'running /bin/sh: exit code 7: line 3 | line 4 | line 5',
    });
    await expect(sh('kill -KILL $$')).rejects.toMatchObject({ message: 'running /bin/sh: ended by SIGKILL' });
  });

  it('says what to install', async () => {
    await expect(realExec(['ancloud-no-such-program'])).rejects.toMatchObject({
      code: 'EXEC_FAILED',
      fix: 'install ancloud-no-such-program or correct PATH',
    });
    await expect(realExec([])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('ends at the time limit, and when the signal aborts', async () => {
    await expect(realExec(['sleep', '1d'], { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    await expect(realExec(['sleep', '1d'], { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    await expect(realExec(['sleep', '1d'], { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
  });

  it('ends a whole group', async () => {
    await expect(sh('sleep 60 & sleep 60', { timeoutMs: 50, group: true })).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
  });

  it('does not wait for grandchildren that hold the pipes', async () => {
    const { stdout } = await sh('sleep 600 & echo $!');
    // Answered while it lives: a signal finds it.
    expect(process.kill(Number(stdout.toString()), 'SIGKILL')).toBe(true);
  });

  it('kills what the program started first, so that the program collects it', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-exec-'));
    const collected = path.join(folder, 'collected');
    const begun = path.join(folder, 'begun');
    const script = `trap '' TERM; sh -c 'echo >${begun}; exec sleep 600'; echo $? >${collected}`;
    const abort = new AbortController();
    const running = sh(script, { signal: abort.signal, childrenFirst: true });
    running.catch(() => undefined);
    await expect.poll(() => fs.existsSync(begun)).toBe(true);
    abort.abort();
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
    // 128 + SIGKILL, seen by a program that was not killed itself.
    expect(fs.readFileSync(collected, 'utf8')).toBe('137\n');
    fs.rmSync(folder, { recursive: true });
  });

  it('ends a program that says too much', async () => {
    await expect(sh('yes', { maxStdout: 10_000 })).rejects.toMatchObject({
      message: 'running /bin/sh: more than 10000 bytes of output',
    });
  });

  it('hands on descriptors from 3 upward, and none of our environment', async () => {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-exec-')), 'f');
    const fd = fs.openSync(file, 'w');
    process.env['ANCLOUD_SPEC_SECRET'] = 'x';
    const { stdout } = await sh('echo through >&3; env', { fds: [fd] });
    delete process.env['ANCLOUD_SPEC_SECRET'];
    fs.closeSync(fd);
    expect(fs.readFileSync(file, 'utf8')).toBe('through\n');
    expect(stdout.toString()).not.toContain('ANCLOUD_SPEC_SECRET');
    fs.rmSync(path.dirname(file), { recursive: true });
  });

  it('does not mind a program that leaves without reading its stdin', async () => {
    await expect(realExec(['true'], { stdin: 'x'.repeat(1_000_000) })).resolves.toMatchObject({ code: 0 });
  });
});
