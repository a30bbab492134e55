import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';
import { initPidOf, processes } from '../harness/processes.js';

const farm = new Farm(inject('farm'));
let browser: Browser;
let phone: Phone;

beforeAll(async () => {
  browser = await Browser.start();
  phone = await farm.create();
  await farm.viewable(phone.phoneId);
});
afterAll(async () => {
  await browser?.close();
  if (phone !== undefined) await farm.delete(phone.phoneId);
});

/** Pids of the phone's scrcpy servers: those with video, and those for control alone. */
function servers(): { readonly video: number[]; readonly control: number[] } {
  const all = processes();
  const parents = new Map(all.map(({ pid, parent }) => [pid, parent]));
  const init = initPidOf(farm.address, phone.phoneId);
  const inPhone = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at))
      if (at === init) return true;
    return false;
  };
  const found = all.filter(
    ({ pid, line }) =>
      // The server itself and not the shell that started it.
      /^app_process.* com\.genymobile\.scrcpy\.Server /.test(line.replace(/^\S*\//, '')) && inPhone(pid),
  );
  const pids = (wanted: boolean): number[] =>
    found.filter(({ line }) => line.includes('video=false') !== wanted).map(({ pid }) => pid);
  return { video: pids(true), control: pids(false) };
}

describe('watch-aware', () => {
  it('nobody watches: the phone encodes nothing, its control server stays; the next viewer sees it again', async () => {
    expect(servers().video).toEqual([]);
    const { control } = servers();
    expect(control).toHaveLength(1);
    for (let round = 0; round < 2; round++) {
      const viewer = await browser.watch(farm, phone.phoneId, 'watch');
      await viewer.firstFrame();
      expect(servers().video).toHaveLength(1);
      await viewer.page.close();
      await eventually(() => {
        const { video } = servers();
        if (video.length > 0) throw new NotYet(`a video server runs for nobody: ${video.join(' ')}`);
      });
      expect(servers().control).toEqual(control);
    }
  });
});
