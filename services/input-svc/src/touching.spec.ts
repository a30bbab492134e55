import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { limits } from './core/limits.js';
import { Touching } from './touching.js';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-touching-'));
  // Turns of the event loop are the real ones: what is read in them is what this is about.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
  fs.rmSync(folder, { recursive: true });
});

function down(silenced: string[]): Touching {
  const touching = new Touching((viewer) => silenced.push(viewer));
  touching.accept('a', { gesture: 1, sequence: 1, fingersDown: 1, move: false });
  return touching;
}

it('lifts nothing of a viewer whose word waits to be read: this process was late, not the viewer', async () => {
  const silenced: string[] = [];
  const touching = down(silenced);
  const server = net.createServer().listen(path.join(folder, 'socket'));
  await once(server, 'listening');
  const viewer = net.connect(path.join(folder, 'socket'));
  const [heard] = (await once(server, 'connection')) as [net.Socket];
  heard.on('data', () => touching.alive('a'));
  await turn();
  viewer.write('a heartbeat');
  vi.advanceTimersByTime(limits.silenceMs);
  await turn();
  expect(silenced).toEqual([]);
  // And it is listened for on.
  vi.advanceTimersByTime(limits.silenceMs);
  await turn();
  expect(silenced).toEqual(['a']);
  viewer.destroy();
  heard.destroy();
  server.close();
});

it('says nothing of who is listened for no more', async () => {
  const silenced: string[] = [];
  const touching = down(silenced);
  vi.advanceTimersByTime(limits.silenceMs);
  touching.rest();
  await turn();
  expect(silenced).toEqual([]);
});

it('takes a gamepad’s states in their order, also past the end of their numbers', () => {
  const touching = new Touching(() => undefined);
  const accepts = (sequence: number): boolean => touching.acceptPad('a', { sequence, active: false });
  expect([5, 5, 4, 6, 0xffff_ffff].map(accepts)).toEqual([true, false, false, true, false]);
  touching.forget('a');
  expect([0xffff_fffe, 0xffff_ffff, 0, 1].map(accepts)).toEqual([true, true, true, true]);
});

it('hears the silence of who has a stick pushed, and not of whose gamepad rests', async () => {
  const silenced: string[] = [];
  const touching = new Touching((viewer) => silenced.push(viewer));
  touching.acceptPad('a', { sequence: 1, active: true });
  touching.acceptPad('a', { sequence: 2, active: false });
  vi.advanceTimersByTime(2 * limits.silenceMs);
  await turn();
  expect(silenced).toEqual([]);
  touching.acceptPad('a', { sequence: 3, active: true });
  vi.advanceTimersByTime(limits.silenceMs);
  await turn();
  expect(silenced).toEqual(['a']);
});
