import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import type { ViewerPage } from '../harness/viewer-page.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';

const farm = new Farm(inject('farm'));
let browser: Browser;
let phone: Phone;

beforeAll(async () => {
  browser = await Browser.start();
  phone = await farm.create();
  await farm.viewable(phone.phoneId);
  await farm.shell(phone.phoneId, 'am start -n com.ancloud.latency/.MainActivity');
});
afterAll(async () => {
  await browser?.close();
  if (phone !== undefined) await farm.delete(phone.phoneId);
});

/** As docs/protocol.md has it. */
const IDLE_MS = 10_000;
/** Who is to have the controls and gets no lease of them has no line: then it touches anew. */
const LOOK_MS = 10_000;
interface Took {
  readonly at: string;
  readonly what: string;
  readonly viewerId: string;
  readonly how: string;
}
const holder = async (): Promise<string> =>
  (await farm.api<{ viewerId: string }>('GET', `/v1/phones/${phone.phoneId}/control`)).viewerId;
/** How somebody got the controls, by the audit: its line is written behind the change. */
const took = async ({ viewerId }: ViewerPage): Promise<Took> => {
  const { lines } = await farm.api<{ lines: Took[] }>('GET', `/v1/phones/${phone.phoneId}/control/audit`);
  const line = lines.find((one) => one.what === 'took' && one.viewerId === viewerId);
  if (line === undefined) throw new NotYet(`the audit is ${JSON.stringify(lines)}`);
  return line;
};
const touch = async (viewer: ViewerPage): Promise<void> => {
  await viewer.page.bringToFront();
  await viewer.click(0.5, 0.7);
};

it('who rests for ten seconds may be displaced by a touch, and nobody sooner', async () => {
  const one = await browser.watch(farm, phone.phoneId, 'control');
  const two = await browser.watch(farm, phone.phoneId, 'control');
  for (const viewer of [one, two]) await viewer.firstFrame();
  await eventually(async () => {
    await touch(one);
    await took(one);
  });
  const before = Date.now();
  await touch(one);
  const taps = await one.taps(farm, phone.phoneId);
  const { how, at } = await eventually(async () => {
    await touch(two);
    const now = await holder();
    if (now !== two.viewerId) throw new NotYet(`'${now}' holds the controls`);
    return eventually(() => took(two), LOOK_MS);
  });
  expect(how).toBe('touched');
  expect(Date.parse(at) - before).toBeGreaterThanOrEqual(IDLE_MS);
  // And the touch that took them is on the phone.
  await two.page.bringToFront();
  await two.patternWhere(({ value }) => value > taps);
  for (const viewer of [one, two]) await viewer.page.close();
});
