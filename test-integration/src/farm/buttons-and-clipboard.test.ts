import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import type { ViewerPage } from '../harness/viewer-page.js';
import { eventually, NotYet, PATIENCE_MS } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';
import { execIn, hostClient } from '../harness/host-client.js';

// The player's buttons, those of a mouse beyond its first three, its wheel, and the clipboard of the viewer's machine, up to what the phone
// says it got.

const farm = new Farm(inject('farm'));
const host = hostClient(farm.address);
let browser: Browser;
let phone: Phone;
let viewer: ViewerPage;

beforeAll(async () => {
  browser = await Browser.start();
  phone = await farm.create();
  await farm.viewable(phone.phoneId);
  viewer = await browser.watch(farm, phone.phoneId, 'control');
  await viewer.firstFrame();
});
afterAll(async () => {
  await browser?.close();
  if (phone !== undefined) await farm.delete(phone.phoneId);
  host.close();
});

/** How long is looked for what a page that stood still does not do; then it is done anew. */
const LOOK_MS = 10_000;
const open = (app: string): Promise<string> =>
  farm.shell(phone.phoneId, `am start -n com.ancloud.${app}/.MainActivity`);
const dumped = async (service: string): Promise<string> =>
  (await execIn(host, phone.phoneId, { argv: ['/system/bin/dumpsys', service] })).stdout;
const saw = (service: string, wanted: RegExp, withinMs = PATIENCE_MS): Promise<void> =>
  eventually(async () => {
    const said = await dumped(service);
    if (!wanted.test(said)) throw new NotYet(said);
  }, withinMs);
const keys = async (): Promise<number> => Number(/Keys: (\d+)/.exec(await dumped('input'))?.[1]);
const press = async (name: string): Promise<void> => {
  await viewer.page.bringToFront();
  await viewer.page.getByRole('button', { name, exact: true }).click();
};
const focus = async (): Promise<void> => {
  await viewer.page.bringToFront();
  await viewer.page.evaluate(() => document.querySelector<HTMLElement>('ancloud-phone')?.focus());
};

describe('the buttons below the picture', () => {
  it.each<[string, number, RegExp]>([
    ['Home', 3, /mCurrentFocus=.*launcher/],
    ['Recent apps', 187, /mCurrentFocus=.*recents/],
    ['Back', 4, /mCurrentFocus=.*launcher/],
    ['Volume up', 24, /mAwake=true/],
    ['Volume down', 25, /mAwake=true/],
    ['Power', 26, /mAwake=false/],
    ['Power', 26, /mAwake=true/],
  ])('%s is the key %i, once, and does what it does', async (name, code, effect) => {
    if (name === 'Home') await open('paint');
    const before = await keys();
    await press(name);
    await eventually(async () => {
      const more = (await keys()) - before;
      if (more < 2) throw new NotYet(`${more} of its down and its up have come`);
    });
    await saw('input', new RegExp(`Last key: code=${code} action=1 `));
    await saw('window', effect);
    expect(await keys()).toBe(before + 2);
  });

  it('Keyboard gives the phone what is typed: browsers show theirs for a text field', async () => {
    const { page } = viewer;
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await press('Keyboard');
    await page.waitForFunction(
      () => document.activeElement?.shadowRoot?.activeElement?.tagName === 'TEXTAREA',
    );
    await page.keyboard.press('End');
    await saw('input', /Last key: code=123 action=1 /);
  });

  it('Statistics shows the numbers of the picture, and hides them', async () => {
    const button = viewer.page.getByRole('button', { name: 'Statistics', exact: true });
    const numbers = viewer.page.getByText(/^720×1280 {2}\d+ fps\n/);
    expect(await button.getAttribute('aria-pressed')).toBe('false');
    await press('Statistics');
    await numbers.waitFor();
    expect(await button.getAttribute('aria-pressed')).toBe('true');
    await press('Statistics');
    await numbers.waitFor({ state: 'hidden' });
    expect(await button.getAttribute('aria-pressed')).toBe('false');
  });

  it('Full screen is the phone’s with its buttons, and ends by the same one', async () => {
    const full = (wanted: string | undefined): Promise<unknown> =>
      viewer.page.waitForFunction((name) => document.fullscreenElement?.localName === name, wanted);
    await press('Full screen');
    await full('ancloud-phone');
    await press('Full screen');
    await full(undefined);
  });
});

describe('a mouse', () => {
  it('has its back and forward buttons on the phone, alone and beside another, and the page stays', async () => {
    await open('paint');
    const { page } = viewer;
    await page.bringToFront();
    // A page that nobody has touched has no pages before and after it, for buttons of a mouse.
    await viewer.click(0.5, 0.5);
    await page.evaluate(async () => {
      for (const part of ['#before', '#here', '#after']) history.pushState(null, '', part);
      const back = new Promise((resolve) => addEventListener('popstate', resolve, { once: true }));
      history.back();
      await back;
    });
    const url = page.url();
    expect(url).toMatch(/#here$/);
    const cdp = await page.context().newCDPSession(page);
    const at = await page.evaluate(() => {
      const element = document.querySelector('ancloud-phone') as HTMLElement & { video: HTMLVideoElement };
      const box = element.video.getBoundingClientRect();
      return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    });
    const mouse = (pressed: boolean, button: string, buttons: number): Promise<unknown> =>
      cdp.send('Input.dispatchMouseEvent', {
        type: pressed ? 'mousePressed' : 'mouseReleased',
        ...at,
        button: button as 'left',
        buttons,
        clickCount: 1,
      });
    for (const [button, bit] of [
      ['back', 8],
      ['forward', 16],
    ] as const) {
      for (const left of [0, 1]) {
        // What a page holds that stands still for a second is let go by the farm: then it is pressed anew.
        await eventually(async () => {
          if (left === 1) await mouse(true, 'left', left);
          await mouse(true, button, left | bit);
          try {
            await saw(
              'input',
              new RegExp(`Last motion: action=11 buttons=0x${(left | bit).toString(16)} `),
              LOOK_MS,
            );
          } finally {
            await mouse(false, button, left);
            if (left === 1) await mouse(false, 'left', 0);
          }
        });
        await saw('input', /Pointers down: 0\n/);
        expect(page.url()).toBe(url);
      }
    }
  });

  it.each([
    ['up', 0, -5_000, '0,16'],
    ['down', 0, 5_000, '0,-16'],
    ['right', 5_000, 0, '16,0'],
    ['left', -5_000, 0, '-16,0'],
  ])('turns its wheel %s', async (_, right, down, wanted) => {
    await viewer.page.bringToFront();
    await eventually(async () => {
      await viewer.click(0.5, 0.5);
      await viewer.page.mouse.wheel(right, down);
      await saw('input', new RegExp(`Last motion: action=8 buttons=0x0 scroll=${wanted}\n`), LOOK_MS);
    });
  });
});

describe('the clipboard', () => {
  /** Of the phone, as programs have it. */
  const clipboard = async (): Promise<string | null> =>
    (await farm.api<{ text: string | null }>('GET', `/v1/phones/${phone.phoneId}/clipboard`)).text;
  const copied = async (text: string): Promise<void> => {
    await farm.api('PUT', `/v1/phones/${phone.phoneId}/clipboard`, { text, takeOver: true });
  };
  const mine = (): Promise<string> => viewer.page.evaluate(() => navigator.clipboard.readText());
  const copiesHere = (text: string): Promise<void> =>
    viewer.page.evaluate((it) => navigator.clipboard.writeText(it), text);
  /** Until the viewer's machine has it. */
  const came = (text: string, withinMs = PATIENCE_MS): Promise<void> =>
    eventually(async () => {
      const held = await mine();
      if (held !== text) throw new NotYet(`the viewer's clipboard holds '${held}'`);
    }, withinMs);

  it('of the viewer’s machine is pasted into the phone by Ctrl+V', async () => {
    const { phoneId } = phone;
    await eventually(async () => {
      // A round before this one has left its text, and its controls.
      await farm.shell(phoneId, 'am start -S -n com.ancloud.notes/.MainActivity');
      await farm.api('POST', `/v1/phones/${phoneId}/control`, { viewerId: '' });
      await focus();
      await copiesHere('von hier: 你好');
      await viewer.page.keyboard.press('Control+v');
      // Behind what is pasted, since another holder voids what waits for it. A key that was not the last before.
      await viewer.page.keyboard.press('Home');
      await saw('input', /Last key: code=122 action=1 /, LOOK_MS);
      await eventually(async () => {
        // Not what was pasted, but what Notes has: KEYCODE_COPY without a selection copies the whole note.
        await copied('something else');
        await farm.api('POST', `/v1/phones/${phoneId}/key`, { keycode: 278, takeOver: true });
        const held = await clipboard();
        if (held !== 'von hier: 你好') throw new NotYet(`Notes holds '${held}'`);
      }, LOOK_MS);
    });
  });

  it('of the phone comes into the viewer’s by itself, and by its button, which says so', async () => {
    await focus();
    // Told to who holds the controls, by the phone alone and only when it changes; written only while the page is in front.
    let count = 0;
    const text = (): string => `vom Telefon ${count}: 世界`;
    await eventually(async () => {
      await viewer.page.keyboard.press('End');
      count += 1;
      const argv = ['/system/bin/sh', '-c', 'cmd clipboard set "$1"', 'sh', text()];
      expect(await execIn(host, phone.phoneId, { argv, uid: 2_000 })).toMatchObject({ exitCode: 0 });
      await came(text(), LOOK_MS);
    });
    // A phone that takes longer than 3 s to answer is taken for one whose clipboard has no text.
    await eventually(async () => {
      await copiesHere('of the viewer');
      const said = viewer.page.getByText('The phone’s clipboard is in yours');
      await Promise.all([said.waitFor({ timeout: LOOK_MS }), press('Copy the phone’s clipboard')]);
      await came(text(), LOOK_MS);
    });
  });
});
