import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import type { ViewerPage } from '../harness/viewer-page.js';
import { eventually, NotYet, PATIENCE_MS } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';
import { execIn, hostClient } from '../harness/host-client.js';

// Gamepad, mouse, keyboard and input methods, from Chromium to what the phone's input manager and an app say they got.

const farm = new Farm(inject('farm'));
const host = hostClient(farm.address);
let browser: Browser;
let phone: Phone;
let viewer: ViewerPage;

/** `dumpsys input` of the reference guest. */
const dumped = async (): Promise<string> =>
  (await execIn(host, phone.phoneId, { argv: ['/system/bin/dumpsys', 'input'] })).stdout;
const keysOf = (said: string): number => Number(/Keys: (\d+)/.exec(said)?.[1]);
const saw = (wanted: RegExp, withinMs = PATIENCE_MS): Promise<void> =>
  eventually(async () => {
    const said = await dumped();
    if (!wanted.test(said)) throw new NotYet(said);
  }, withinMs);
/** How long what a held button does is looked for before it is let go and pressed anew. */
const LOOK_MS = 10_000;
const key = (code: number, down: boolean, meta = '0x0'): RegExp =>
  new RegExp(`Last key: code=${code} action=${down ? 0 : 1} meta=${meta}\n`);

beforeAll(async () => {
  browser = await Browser.start();
  await browser.holdsPad();
  phone = await farm.create();
  await farm.viewable(phone.phoneId);
  await farm.shell(phone.phoneId, 'am start -n com.ancloud.paint/.MainActivity');
  viewer = await browser.watch(farm, phone.phoneId, 'control');
  await viewer.firstFrame();
});
afterAll(async () => {
  await browser?.close();
  if (phone !== undefined) await farm.delete(phone.phoneId);
  host.close();
});

const pad = (change: { readonly button?: [number, boolean]; readonly axes?: number[] }): Promise<void> =>
  viewer.page.evaluate(({ button, axes }) => {
    const held = (globalThis as unknown as { pad: { buttons: { pressed: boolean }[]; axes: number[] } }).pad;
    const [index, pressed] = button ?? [-1, false];
    const one = held.buttons[index];
    if (one !== undefined) one.pressed = pressed;
    if (axes !== undefined) held.axes = axes;
  }, change);

/** What a command of adb's shell prints. */
const shellSays = async (command: string): Promise<string> => {
  const argv = ['/system/bin/sh', '-c', command];
  return (await execIn(host, phone.phoneId, { argv, uid: 2_000 })).stdout.trim();
};

describe('a phone with a gamepad', () => {
  it('is refused where no host has uinput, as it is made and later; such a host says so', async () => {
    const { hosts } = await farm.api<{ hosts: { gamepads: boolean }[] }>('GET', '/v1/hosts');
    const has = hosts.map(({ gamepads }) => gamepads);
    if (!fs.existsSync('/dev/uinput')) expect(has).toEqual([false]);
    // On a machine that has it there is nothing to refuse: what a gamepad does is tested by the tier vm.
    if (has.includes(true)) return;
    const spec = { gamepad: true };
    await expect(farm.api('POST', '/v1/phones', { spec })).rejects.toThrow('GAMEPAD_UNAVAILABLE');
    await expect(farm.api('PATCH', `/v1/phones/${phone.phoneId}`, { spec })).rejects.toThrow(
      'GAMEPAD_UNAVAILABLE',
    );
  });

  it('has a dd that says of how many bits it is, and gathers what comes in pieces to whole events', async () => {
    const ask = 'dd if=/proc/self/exe bs=1 skip=4 count=1 2>/dev/null | od -An -tx1';
    expect((await shellSays(ask)).trim()).toBe('02');
    const pieces = [5, 19, 30, 18].map((bytes) => `head -c ${bytes} /dev/zero; sleep 0.1`).join('; ');
    const write = 'dd ibs=4096 obs=24 of=/data/local/tmp/events conv=notrunc 2>&1';
    const said = await shellSays(`(${pieces}) | ${write}`);
    expect(said).toMatch(/^3\+0 records out$/m);
  });
});

describe('a viewer', () => {
  it('plays with a gamepad: buttons, the left stick as direction pad, the right one as wheel', async () => {
    await viewer.page.bringToFront();
    // The phone that has the keyboard has the pad.
    await viewer.page.evaluate(() => document.querySelector<HTMLElement>('ancloud-phone')?.focus());
    await pad({ button: [0, true] });
    await saw(key(96, true));
    await pad({ button: [0, false] });
    await saw(key(96, false));
    await pad({ axes: [-1, 0, 0, 0] });
    await saw(key(21, true));
    await pad({ axes: [0, 0, 0, 0] });
    await saw(key(21, false));
    await pad({ axes: [0, 0, 0, -1] });
    await saw(/Last motion: action=8 buttons=0x0 scroll=0,[0-9.]+\n/);
    await pad({ axes: [0, 0, 0, 0] });
    // What is held when the page is left is let go.
    await pad({ button: [5, true] });
    await saw(key(103, true));
    await viewer.page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await saw(key(103, false));
    await pad({ button: [5, false] });
  });

  it('uses a mouse: hover, a second button, the wheel up to 16 notches, and the keyboard’s meta state', async () => {
    const { x, y } = await viewer.page.evaluate(() => {
      const element = document.querySelector('ancloud-phone') as HTMLElement & { video: HTMLVideoElement };
      const box = element.video.getBoundingClientRect();
      return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    });
    const { mouse, keyboard } = viewer.page;
    await mouse.move(x, y);
    // Whoever holds the controls hovers; a press takes them. What a page holds that stands still for a second is let go by the farm, and
    // stays so: then it is begun anew.
    await eventually(async () => {
      try {
        await mouse.down({ button: 'right' });
        await saw(/Last motion: action=11 buttons=0x2 /, LOOK_MS);
        await mouse.down({ button: 'middle' });
        await saw(/Last motion: action=11 buttons=0x6 /, LOOK_MS);
        await mouse.up({ button: 'right' });
        await saw(/Last motion: action=12 buttons=0x4 /, LOOK_MS);
      } catch (error) {
        for (const button of ['right', 'middle'] as const) await mouse.up({ button });
        throw error;
      }
    });
    await mouse.up({ button: 'middle' });
    await eventually(async () => {
      await mouse.move(x + Math.random() * 20, y);
      const said = await farm.shell(phone.phoneId, 'dumpsys input');
      if (!/Last motion: action=7 buttons=0x0 /.test(said)) throw new NotYet(said);
    });
    await mouse.wheel(0, 5_000);
    await saw(/Last motion: action=8 buttons=0x0 scroll=0,-16\n/);
    await viewer.page.evaluate(() => document.querySelector<HTMLElement>('ancloud-phone')?.focus());
    await keyboard.press('Shift+ArrowUp');
    await saw(key(19, false, '0x1'));
    await keyboard.press('Control+a');
    await saw(key(29, false, '0x1000'));
  });

  describe('with keys as they are', () => {
    const toggle = (): Promise<void> =>
      viewer.page.getByRole('button', { name: 'Keys as they are, for games' }).click();
    beforeAll(async () => {
      await viewer.page.bringToFront();
      await toggle();
      await viewer.page.evaluate(() => document.querySelector<HTMLElement>('ancloud-phone')?.focus());
    });
    // What is typed below is text again.
    afterAll(toggle);
    /** Holds keys until the phone has the last as wanted. Those of a page that stands still for a second are let go: then they are pressed anew. */
    const holds = (names: readonly string[], wanted: RegExp): Promise<void> =>
      eventually(async () => {
        for (const name of names) await viewer.page.keyboard.down(name);
        try {
          await saw(wanted, LOOK_MS);
        } catch (error) {
          for (const name of names) await viewer.page.keyboard.up(name);
          throw error;
        }
      });

    it('holds a letter: down, repeats, and up with the modifier that is held as well', async () => {
      const { keyboard } = viewer.page;
      await holds(['w'], key(51, true));
      let repeat = 0;
      for (let i = 0; i < 3; i++)
        await eventually(async () => {
          // What is down and pressed again is how browsers tell of what is held. Behind a silence it is down as for the first time.
          await keyboard.down('w');
          repeat += 1;
          await saw(new RegExp(`Last down: code=51 repeat=${repeat}\n`), LOOK_MS);
        });
      await holds(['Shift'], key(59, true, '0x41'));
      // Behind a silence the modifier is the last, down again.
      await eventually(async () => {
        await keyboard.down('w');
        await keyboard.up('w');
        await saw(key(51, false, '0x41'), LOOK_MS);
      });
      await keyboard.up('Shift');
      await saw(key(59, false));
    });

    it('lets go of what is held when the phone is left', async () => {
      await holds(['d'], key(32, true));
      await viewer.page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
      await saw(key(32, false));
      await viewer.page.keyboard.up('d');
      await viewer.page.evaluate(() => document.querySelector<HTMLElement>('ancloud-phone')?.focus());
    });

    it('holds a letter as long as the page lives, and again when it has come to life', async () => {
      await holds(['w'], key(51, true));
      // Its up and its down. A machine that stands still, and not only the page, has no silence: then it is frozen again.
      await eventually(async () => {
        const before = keysOf(await dumped());
        await viewer.page.evaluate(() => {
          const began = performance.now();
          while (performance.now() - began < 3_000);
        });
        await eventually(async () => {
          const said = await dumped();
          if (keysOf(said) < before + 2 || !key(51, true).test(said)) throw new NotYet(said);
        }, LOOK_MS);
      });
      await viewer.page.keyboard.up('w');
      await saw(key(51, false));
    });
  });

  it('types by an input method: each word once, of any language, in the order of the hands', async () => {
    await farm.shell(phone.phoneId, 'am start -n com.ancloud.notes/.MainActivity');
    await viewer.page.bringToFront();
    await viewer.page.evaluate(() => document.querySelector<HTMLElement>('ancloud-phone')?.focus());
    const cdp = await viewer.page.context().newCDPSession(viewer.page);
    /** As an input method does: what is under way is shown in the field, then one of the candidates is taken. */
    const composes = async (way: readonly string[], taken: string): Promise<void> => {
      for (const text of way)
        await cdp.send('Input.imeSetComposition', {
          text,
          selectionStart: text.length,
          selectionEnd: text.length,
        });
      await cdp.send('Input.insertText', { text: taken });
    };
    await composes(['n', 'ni', 'nih', 'nihao'], '你好');
    // The next word while the phone may still be reading the one before.
    await composes(['s', 'shi', 'shijie'], '世界');
    await viewer.page.keyboard.type(' ok ');
    // What was begun and taken back is no text.
    await composes(['x', ''], '');
    await composes(['´'], 'é');
    await viewer.page.keyboard.press('Backspace');
    await composes(['Mu', 'Mut'], 'Mut👋🏽');
    // Behind all that was typed: another holder voids what waits to be pasted.
    await viewer.page.keyboard.press('End');
    await saw(key(123, false));
    await eventually(async () => {
      // KEYCODE_COPY; without a selection Notes copies the whole note.
      await farm.api('POST', `/v1/phones/${phone.phoneId}/key`, { keycode: 278, takeOver: true });
      const held = (await farm.shell(phone.phoneId, 'cmd clipboard get')).trim();
      if (held !== '你好世界 ok Mut👋🏽') throw new NotYet(`Notes holds '${held}'`);
    });
  });

  it('taps a text field: the keyboard of the viewer’s device comes up, types any language, and goes with the field', async () => {
    await farm.shell(phone.phoneId, 'am start -S -n com.ancloud.notes/.MainActivity');
    const { page } = viewer;
    await page.bringToFront();
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('Emulation.setTouchEmulationEnabled', { enabled: true, maxTouchPoints: 5 });
    const tap = async (share: number): Promise<void> => {
      const at = await page.evaluate((down) => {
        const element = document.querySelector('ancloud-phone') as HTMLElement & { video: HTMLVideoElement };
        const { x, y, width, height } = element.video.getBoundingClientRect();
        return { x: x + width / 2, y: y + height * down };
      }, share);
      await cdp.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [at] });
      await cdp.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    };
    /** Browsers show their keyboard for whatever text field has the focus. */
    const typing = (wanted: boolean): Promise<unknown> =>
      page.waitForFunction(
        (is) => (document.activeElement?.shadowRoot?.activeElement?.tagName === 'TEXTAREA') === is,
        wanted,
      );
    await typing(false);
    await tap(0.6);
    await typing(true);
    await cdp.send('Input.imeSetComposition', { text: 'か', selectionStart: 1, selectionEnd: 1 });
    await cdp.send('Input.insertText', { text: '漢字' });
    await cdp.send('Input.insertText', { text: 'z' });
    // The erase key of a screen keyboard: no key event, the field just loses a character.
    await page.evaluate(() => document.execCommand('delete'));
    await page.keyboard.press('End');
    await saw(key(123, false));
    await eventually(async () => {
      await farm.api('POST', `/v1/phones/${phone.phoneId}/key`, { keycode: 278, takeOver: true });
      const held = (await farm.shell(phone.phoneId, 'cmd clipboard get')).trim();
      if (held !== '漢字') throw new NotYet(`Notes holds '${held}'`);
    });
    await farm.shell(phone.phoneId, 'am start -n com.ancloud.paint/.MainActivity');
    await tap(0.6);
    await typing(false);
  });
});
