import { describe, expect, it } from 'vitest';
import type { FakeStream } from './fake-adbd.js';
import { phone } from './fake-phone.js';
import { pullFile, pushFile, runShell, shellQuote, startShell } from './index.js';

/** One shell v2 packet: u8 id, u32 LE length, data. */
const shell = (id: number, data: string | Uint8Array): Buffer => {
  const body = Buffer.from(data);
  return Buffer.concat([Buffer.of(id, body.length & 255, body.length >> 8, 0, 0), body]);
};
const say =
  (...packets: Buffer[]) =>
  (stream: FakeStream): void => {
    const all = async (): Promise<void> => {
      for (const packet of packets) await stream.write(packet);
      stream.close();
    };
    void all();
  };

describe('runShell', () => {
  it('gives exit status and both outputs, however the packets are cut', async () => {
    const bytes = Buffer.concat([
      shell(1, 'out1 '),
      shell(2, 'err'),
      shell(1, 'out2'),
      shell(3, Buffer.of(7)),
    ]);
    for (const size of [bytes.length, 1, 6]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      const { adb, fake } = await phone({ service: () => say(...pieces) });
      const result = await runShell(adb, 'ls /');
      expect(result).toEqual({ exitCode: 7, stdout: Buffer.from('out1 out2'), stderr: Buffer.from('err') });
      expect(fake.streams[0]!.service).toBe('shell,v2,raw:ls /');
    }
  });

  it('feeds stdin and closes it', async () => {
    const { adb } = await phone({
      service: () => (stream) => {
        let got = Buffer.alloc(0);
        stream.onData = (bytes) => {
          got = Buffer.concat([got, bytes]);
          if (got.includes(Buffer.from('0400000000', 'hex')))
            say(shell(1, got), shell(3, Buffer.of(0)))(stream);
        };
      },
    });
    const { stdout } = await runShell(adb, 'cat', { stdin: Buffer.from('hi') });
    expect(stdout.toString('hex')).toBe('000200000068690400000000');
  });

  it('hangs up what says too much, takes too long or is no longer wanted', async () => {
    const { adb, fake } = await phone({
      service: (name) =>
        name.endsWith('yes')
          ? say(...Array.from({ length: 20 }, () => shell(1, 'y'.repeat(100))))
          : () => undefined,
    });
    await expect(runShell(adb, 'yes', { maxStdout: 500 })).rejects.toMatchObject({ code: 'ADB_TOO_LARGE' });
    await expect(runShell(adb, 'sleep 99', { timeoutMs: 50 })).rejects.toMatchObject({ code: 'ADB_TIMEOUT' });
    const abort = new AbortController();
    const waiting = runShell(adb, 'sleep 99', { signal: abort.signal });
    setImmediate(() => abort.abort());
    await expect(waiting).rejects.toMatchObject({ code: 'ADB_ABORTED' });
    await Promise.all(fake.streams.map((stream) => stream.closed));
  });

  it('says when a command ends without status, and when the phone is too old', async () => {
    const { adb } = await phone({ service: () => say(shell(1, 'x')) });
    await expect(runShell(adb, 'x')).rejects.toMatchObject({ code: 'ADB_CLOSED' });
    const old = await phone({ banner: 'device::features=cmd' });
    await expect(runShell(old.adb, 'x')).rejects.toMatchObject({ code: 'ADB_PROTOCOL' });
  });

  it('quotes a word for the phone’s shell', () => {
    expect(shellQuote(`it's $HOME`)).toBe(String.raw`'it'\''s $HOME'`);
  });
});

describe('startShell', () => {
  it('streams with back-pressure, sends input and sizes, and tells the end', async () => {
    const { adb, fake } = await phone({
      service: () => (stream) => {
        stream.onData = () => undefined;
      },
    });
    const seen: string[] = [];
    const got: Buffer[] = [];
    const process = await startShell(adb, 'sh', {
      terminal: 'xterm',
      onStdout: (bytes) => void seen.push(Buffer.from(bytes).toString()),
      onStderr: () => undefined,
    });
    const stream = fake.streams[0]!;
    expect(stream.service).toBe('shell,v2,TERM=xterm,pty:sh');
    stream.onData = (bytes) => void got.push(bytes);
    await process.write(Buffer.from('ls\n'));
    await process.resize(24, 80);
    await stream.write(shell(1, 'a'));
    await stream.write(shell(3, Buffer.of(0)));
    expect(await process.exited).toBe(0);
    expect(seen).toEqual(['a']);
    await stream.closed;
    expect(Buffer.concat(got).toString('latin1')).toBe('\0\x03\0\0\0ls\n\x05\x0a\0\0\x0024x80,0x0\0');
    process.close();
  });
});

/** The phone's side of sync v1 for one request. */
function sync(files: Map<string, Buffer>, refuse?: string) {
  return (stream: FakeStream): void => {
    let held = Buffer.alloc(0);
    let target = '';
    const body: Buffer[] = [];
    const answer = (id: string, data: Uint8Array): Promise<void> => {
      const head = Buffer.from(`${id}\0\0\0\0`, 'latin1');
      head.writeUInt32LE(data.length, 4);
      return stream.write(Buffer.concat([head, data]));
    };
    const request = async (id: string, value: number, data: Buffer): Promise<void> => {
      if (id === 'SEND') target = data.toString();
      if (id === 'SEND' && refuse !== undefined) await answer('FAIL', Buffer.from(refuse));
      if (id === 'DATA') body.push(Buffer.from(data));
      if (id === 'DONE' && refuse === undefined) {
        files.set(`${target}@${value}`, Buffer.concat(body));
        await answer('OKAY', new Uint8Array(0));
      }
      if (id === 'RECV') {
        const file = files.get(data.toString());
        if (file === undefined) return answer('FAIL', Buffer.from('No such file or directory'));
        for (let at = 0; at < file.length && !stream.isClosed; at += 65_536)
          await answer('DATA', file.subarray(at, at + 65_536));
        await answer('DONE', new Uint8Array(0));
      }
      return undefined;
    };
    stream.onData = (bytes) => {
      held = Buffer.concat([held, bytes]);
      while (held.length >= 8) {
        const id = held.toString('latin1', 0, 4);
        const value = held.readUInt32LE(4);
        const size = id === 'DONE' ? 0 : value;
        if (held.length < 8 + size) return;
        void request(id, value, held.subarray(8, 8 + size));
        held = held.subarray(8 + size);
      }
    };
  };
}

describe('files', () => {
  const content = Buffer.from(Array.from({ length: 200_000 }, (_, i) => i * 13));
  async function* pieces(): AsyncGenerator<Buffer> {
    for (let at = 0; at < content.length; at += 70_000) yield content.subarray(at, at + 70_000);
  }

  it('pushes from memory and from a stream, with mode and time', async () => {
    const files = new Map<string, Buffer>();
    const { adb } = await phone({ service: () => sync(files) });
    for (const source of [content, pieces()])
      expect(await pushFile(adb, { path: '/data/a', source, mode: 0o640, mtime: 1234 })).toBe(200_000);
    // 33184 = 0100640: a regular file
    expect([...files.keys()]).toEqual(['/data/a,33184@1234']);
    expect(files.get('/data/a,33184@1234')!.equals(content)).toBe(true);
  });

  it('passes on why the phone refuses, also in the middle', async () => {
    const { adb, fake } = await phone({ service: () => sync(new Map(), 'Read-only file system') });
    const refused = { code: 'ADB_FILE', message: expect.stringContaining('Read-only file system') as string };
    await expect(pushFile(adb, { path: '/system/a', source: content })).rejects.toMatchObject(refused);
    await expect(pushFile(adb, { path: '/system/a', source: new Uint8Array(0) })).rejects.toMatchObject(
      refused,
    );
    await expect(pushFile(adb, { path: '/a', source: pieces(), maxBytes: 100_000 })).rejects.toMatchObject({
      code: expect.stringMatching(/ADB_(TOO_LARGE|FILE)/) as string,
    });
    await Promise.all(fake.streams.map((stream) => stream.closed));
  });

  it('pulls, within the limit, and closes when left early', async () => {
    const files = new Map([['/a', content]]);
    const { adb, fake } = await phone({ service: () => sync(files) });
    const parts: Buffer[] = [];
    for await (const part of pullFile(adb, { path: '/a' })) parts.push(part);
    expect(Buffer.concat(parts).equals(content)).toBe(true);
    const drain = async (path: string, maxBytes: number): Promise<void> => {
      for await (const part of pullFile(adb, { path, maxBytes })) expect(part.length).toBeGreaterThan(0);
    };
    await expect(drain('/a', 100_000)).rejects.toMatchObject({ code: 'ADB_TOO_LARGE' });
    await expect(drain('/b', 1)).rejects.toMatchObject({
      code: 'ADB_FILE',
      message: expect.stringContaining('No such file') as string,
    });
    for await (const part of pullFile(adb, { path: '/a' })) {
      expect(part.length).toBe(65_536);
      break;
    }
    await Promise.all(fake.streams.map((stream) => stream.closed));
  });
});
