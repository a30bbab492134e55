import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createLog } from '@ancloud/kit';
import { afterAll, afterEach } from 'vitest';
import { HEADER_BYTES, type Kind, writeFrame } from './frame.js';
import { LaneDialer } from './lane-dialer.js';
import { type LaneHandler, LaneServer } from './lane-server.js';

/** Servers and dialers for a spec, and the end of all of them, and of whatever else is in `closing`, behind each test. */
export function stageLanes() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-lane-'));
  afterAll(() => fs.rmSync(folder, { recursive: true }));
  const log = createLog({ service: 'spec', level: 'silent' });
  const closing: (() => void | Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  });
  let made = 0;
  /** A path in the folder that no socket has had. */
  const freshPath = (): string => path.join(folder, `${(made += 1)}.lane`);

  async function server(listen = `unix:${freshPath()}`): Promise<LaneServer> {
    const server = await LaneServer.listen({ listen, advertise: listen, log });
    closing.push(() => server.close());
    return server;
  }

  function dialer(): LaneDialer {
    const dialer = new LaneDialer();
    closing.push(() => dialer.close());
    return dialer;
  }

  return { folder, closing, freshPath, server, dialer };
}

/** What was heard, and when it has become `count`. */
export function ear(): {
  heard: string[];
  handler: LaneHandler;
  until(count: number): Promise<string[]>;
} {
  const heard: string[] = [];
  let check = (): void => {};
  const note = (what: string): void => {
    heard.push(what);
    check();
  };
  return {
    heard,
    handler: {
      message: (bytes) => note(bytes.toString()),
      copy: (bytes) => note(`copy ${bytes.toString()}`),
      straight: (lane) => note(`straight ${lane}`),
    },
    until: (count) =>
      new Promise((resolve) => {
        check = () => {
          if (heard.length >= count) resolve(heard);
        };
        check();
      }),
  };
}

export const never = (): void => {
  throw new Error('the lane was closed');
};

export function frame(kind: Kind, lane: number, body: Uint8Array): Buffer {
  const to = Buffer.alloc(HEADER_BYTES + body.length);
  writeFrame(to, 0, kind, lane, body);
  return to;
}
