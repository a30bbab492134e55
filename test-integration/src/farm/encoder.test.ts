import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import type { ViewerPage } from '../harness/viewer-page.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Operation, type Phone } from '../harness/farm.js';

const farm = new Farm(inject('farm'));
let browser: Browser;
let phoneId: string;
let viewer: ViewerPage;

beforeAll(async () => {
  browser = await Browser.start();
  ({ phoneId } = await farm.create({ encoder: { maxFps: 30 } }));
  await farm.viewable(phoneId);
  await farm.shell(phoneId, 'am start -n com.ancloud.motion/.MainActivity');
  viewer = await browser.watch(farm, phoneId, 'watch');
  await viewer.firstFrame();
});
afterAll(async () => {
  await browser?.close();
  if (phoneId !== undefined) await farm.delete(phoneId);
});

type Encoded = Phone & { readonly encoder: object | null; readonly spec: { readonly encoder: object } };
const encoded = (wanted: object): Promise<void> =>
  eventually(async () => {
    const { encoder } = await farm.api<Encoded>('GET', `/v1/phones/${phoneId}`);
    try {
      expect(encoder).toEqual(wanted);
    } catch {
      throw new NotYet(`it is encoded with ${JSON.stringify(encoder)}`);
    }
  });
const shown = (width: number, height: number): Promise<void> =>
  eventually(async () => {
    const size = await viewer.size();
    if (size.width !== width || size.height !== height)
      throw new NotYet(`the picture has ${size.width}x${size.height}`);
  });
const track = (): Promise<string> =>
  viewer.page.evaluate(() => {
    const { video } = document.querySelector('ancloud-phone') as HTMLElement & { video: HTMLVideoElement };
    return (video.srcObject as MediaStream).getVideoTracks()[0]?.id ?? '';
  });

describe('the encoder of a running phone', () => {
  it('is what the phone was made with', async () => {
    await encoded({ bitRate: 4_000_000, maxFps: 30, maxSize: 0 });
  });

  it('is changed under a viewer who watches on, by API and CLI', async () => {
    const before = await track();
    const booted = (await farm.phone(phoneId)).status?.bootId;
    const route = `/v1/phones/${phoneId}`;
    await viewer.goesOn();
    const decoded = await viewer.framesDecoded();
    const stood: number[] = [];
    const change = async (way: () => Promise<unknown>): Promise<void> => {
      stood.push(
        await viewer.stoodWhile(async () => {
          await way();
          await viewer.goesOn();
        }),
      );
    };
    await change(async () => {
      const { operation } = await farm.api<{ operation: Operation }>('PATCH', route, {
        spec: { encoder: { bitRate: 1_000_000, maxSize: 640 } },
      });
      await farm.wait(operation);
      await encoded({ bitRate: 1_000_000, maxFps: 30, maxSize: 640 });
      await shown(360, 640);
    });
    await change(async () => {
      const set = await farm.cli(['phone', 'set', phoneId, '--size', '0', '--fps', '60', '--json']);
      expect(set).toMatchObject({ code: 0 });
      await encoded({ bitRate: 1_000_000, maxFps: 60, maxSize: 0 });
      await shown(720, 1_280);
    });
    // Read it in the log of a run: the new encoder begins while the old one is still shown, so it should be some frames.
    console.info(`the picture stood for ${stood.map((ms) => ms.toFixed(0)).join(' and ')} ms`);
    for (const ms of stood) expect(ms).toBeGreaterThan(0);
    expect(await viewer.framesDecoded()).toBeGreaterThan(decoded);
    // The same track all the while, without a word of an interruption, and the phone was not booted anew.
    expect(await track()).toBe(before);
    const states = (await viewer.events('state')).map(({ detail }) => detail['state']);
    expect(new Set(states)).toEqual(new Set(['live']));
    expect(await viewer.events('firstframe')).toHaveLength(1);
    expect((await farm.phone(phoneId)).status?.bootId).toBe(booted);
  });

  it.each([
    ['bitRate', 99_999],
    ['maxFps', 121],
    ['maxSize', 179],
  ])('refuses %s %d, naming the field and the fix', async (field, value) => {
    const refused = await farm.call('PATCH', `/v1/phones/${phoneId}`, {
      spec: { encoder: { [field]: value } },
    });
    expect(await refused.json()).toMatchObject({
      status: 400,
      code: 'INVALID_ARGUMENT',
      field: `spec.encoder.${field}`,
    });
    expect(await farm.api('GET', `/v1/phones/${phoneId}`)).toMatchObject({
      spec: { encoder: { bitRate: 1_000_000, maxFps: 60, maxSize: 0 } },
    });
  });
});
