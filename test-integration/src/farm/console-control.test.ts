import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Browser } from '../harness/browser.js';
import { ViewerPage } from '../harness/viewer-page.js';
import { eventually, NotYet, PATIENCE_MS } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';

// Who has the controls, as people see and change it on the console's page of a phone, and what guests by a link may.

const farm = new Farm(inject('farm'));
let browser: Browser;
let phone: Phone;

/** Somebody's console, on the phone's page. */
class Console {
  readonly #screen: ViewerPage;

  private constructor(
    readonly page: Page,
    readonly viewerId: string,
  ) {
    this.#screen = new ViewerPage(page, viewerId);
  }

  /** `link` signs the browser in: its first one needs it. */
  static async open(link?: string): Promise<Console> {
    const page = await browser.context.newPage();
    if (link !== undefined) {
      await page.goto(link);
      await page.getByRole('heading', { name: 'Phones', level: 1 }).waitFor();
    }
    const made = page.waitForResponse(
      (response) => response.url().endsWith('/viewers') && response.request().method() === 'POST',
    );
    await page.goto(`${farm.address.url}/phones/${phone.phoneId}`);
    const { viewerId } = (await (await made).json()) as { viewerId: string };
    const opened = new Console(page, viewerId);
    await opened.count();
    return opened;
  }

  /** How many taps the phone has counted, by its picture. */
  async count(): Promise<number> {
    return this.#screen.taps(farm, phone.phoneId);
  }

  /**
   * Touches until the phone has counted one more: the first may be lost while the controls change hands. Answers how often: on a busy
   * machine one that was given up may have landed as well.
   */
  async touches(): Promise<number> {
    await this.page.bringToFront();
    const before = await this.count();
    let clicks = 0;
    await eventually(async () => {
      clicks += 1;
      await this.#screen.click(0.5, 0.7);
      await this.#screen.patternWhere(({ value }) => value > before, 5_000);
    });
    return clicks;
  }

  says(text: string, withinMs = PATIENCE_MS): Promise<void> {
    return this.#controls.getByText(text).waitFor({ timeout: withinMs });
  }

  /** Whether it says so now. */
  has(text: string): Promise<boolean> {
    return this.#controls.getByText(text).isVisible();
  }

  get #controls() {
    return this.page.getByRole('region', { name: 'Controls', exact: true });
  }

  /** Presses a button by the keyboard, while the mouse does something else. */
  async key(button: RegExp): Promise<void> {
    await this.page.getByRole('button', { name: button }).focus({ timeout: LOOK_MS });
    await this.page.keyboard.press('Enter');
  }

  async press(button: string): Promise<void> {
    await this.page.bringToFront();
    await this.page.getByRole('button', { name: button, exact: true }).click();
  }

  /** The line of a viewer among those who are there. */
  seen(viewerId: string) {
    return this.page
      .getByRole('list', { name: 'Who is there' })
      .getByRole('listitem')
      .filter({ hasText: viewerId });
  }
}

/** How long is looked for what is not there when a page stood still at the wrong moment. */
const LOOK_MS = 10_000;
/** Waits until it is on record how the controls came to whoever has them. */
const taken = (wanted: string, withinMs: number): Promise<void> =>
  eventually(async () => {
    const route = `/v1/phones/${phone.phoneId}/control/audit?limit=10`;
    const { lines } = await farm.api<{ lines: { what: string; how: string }[] }>('GET', route);
    const how = lines.find(({ what }) => what === 'took')?.how;
    if (how !== wanted) throw new NotYet(`they were last ${how}`);
  }, withinMs);
const MINE = 'You have the controls.';
const OTHERS = 'Somebody else has the controls.';

let ann: Console;
let bob: Console;

beforeAll(async () => {
  browser = await Browser.start({ width: 1_280, height: 1_000 });
  phone = await farm.create();
  await farm.viewable(phone.phoneId);
  await farm.shell(phone.phoneId, 'am start -n com.ancloud.latency/.MainActivity');
  const { url } = await farm.api<{ url: string }>('POST', '/v1/console/links');
  ann = await Console.open(url);
  bob = await Console.open();
});
afterAll(async () => {
  await browser?.close();
  if (phone !== undefined) await farm.delete(phone.phoneId);
});

describe('the controls, between two consoles', () => {
  it('go to whoever touches first; who asks waits for one at work, and is handed them', async () => {
    await ann.touches();
    await ann.says(MINE);
    await bob.says(OTHERS);
    // Who types sees where: the console's own looks of the picture hide no ring.
    await ann.page.waitForFunction(() => {
      const { video } = document.querySelector('ancloud-phone') as HTMLElement & { video: HTMLVideoElement };
      return getComputedStyle(video).outlineStyle === 'solid';
    });
    // At work: a holder that rests for 2 s would give way to whoever asks.
    await ann.page.bringToFront();
    const box = await ann.page.locator('ancloud-phone').boundingBox();
    if (box === null) throw new Error('the console shows no phone');
    const rest = new AbortController();
    const work = (async () => {
      for (let x = 0; !rest.signal.aborted; x = (x + 7) % 100)
        await ann.page.mouse.move(box.x + box.width / 2 + x - 50, box.y + box.height / 2);
    })();
    try {
      await eventually(async () => {
        await bob.page.getByRole('button', { name: 'Take controls' }).click();
        try {
          await ann.seen(bob.viewerId).getByText('asks for the controls').waitFor({ timeout: LOOK_MS });
          await ann.says('Somebody asks for them.', LOOK_MS);
          await bob.says(OTHERS, LOOK_MS);
          await ann.key(new RegExp(`^Hand over to Console of admin, ${bob.viewerId}$`));
          await bob.says(MINE);
          await taken(`handed over by ${ann.viewerId}`, LOOK_MS);
        } catch (error) {
          // A page that stood still for 2 s was not at work: who asked has them.
          if (await bob.has(MINE)) await ann.key(/^Take controls$/);
          await ann.says(MINE);
          throw error;
        }
      });
    } finally {
      rest.abort();
      await work;
    }
    await ann.says(OTHERS);
    await bob.touches();
  });

  it('are taken over from one who rests', async () => {
    await bob.touches();
    await ann.press('Take controls');
    await ann.says(MINE);
    await bob.says(OTHERS);
    await ann.touches();
  });

  it('are given by the owner’s word, over whoever holds them', async () => {
    await ann.touches();
    const guest = await browser.watch(farm, phone.phoneId, 'control');
    await guest.firstFrame();
    await bob.press(`Give the controls to ${guest.viewerId}`);
    await eventually(async () => {
      const last = (await guest.events('control')).at(-1)?.detail;
      if (last?.['yours'] !== true) throw new NotYet(`the guest was told ${JSON.stringify(last)}`);
    });
    await ann.says(OTHERS);
    await bob.seen(guest.viewerId).getByText('may touch, has the controls').waitFor();
    // An owner takes them from one with less by a touch.
    await ann.touches();
    await ann.says(MINE);
    await guest.page.close();
  });
});

describe('a guest by a link', () => {
  it('who watches cannot touch, and is put out by whoever let it in', async () => {
    await ann.press('Share');
    const dialog = ann.page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Make a link' }).click();
    const link = await dialog.getByRole('textbox', { name: 'Link' }).inputValue();
    await dialog.getByRole('button', { name: 'Done' }).click();
    const page = await browser.context.newPage();
    await page.goto(link);
    await page.getByText('You are watching.').first().waitFor();
    expect(page.url()).toBe(`${farm.address.url}/shared.html`);
    const guest = new ViewerPage(page, '');
    const before = await guest.taps(farm, phone.phoneId);
    expect(await page.getByRole('button', { name: 'Back', exact: true }).getAttribute('aria-disabled')).toBe(
      'true',
    );
    await guest.click(0.5, 0.7);
    await page.locator('ancloud-phone .toast').getByText('You are watching').waitFor();
    // Whatever that click did is over when another viewer's touch has landed: it would have come first.
    const clicks = await ann.touches();
    expect(await ann.count()).toBeLessThanOrEqual(before + clicks);
    // The link was good once.
    const second = await browser.context.newPage();
    await second.goto(link);
    await second.getByText('Ask whoever sent the link for another one.').waitFor();
    await second.close();
    const watcher = ann.page
      .getByRole('list', { name: 'Who is there' })
      .getByRole('listitem')
      .filter({ hasText: 'watches' });
    await watcher.getByRole('button', { name: /^Remove / }).click();
    await page.getByText('Ask whoever sent the link for another one.').waitFor();
    await watcher.waitFor({ state: 'detached' });
    await page.close();
  });

  it('who may touch does, and its link is void once it is revoked', async () => {
    const made = async (): Promise<string> => {
      await ann.press('Share');
      const dialog = ann.page.getByRole('dialog');
      await dialog.getByRole('radiogroup', { name: 'They may' }).getByText('Control').click();
      await dialog.getByRole('textbox', { name: 'For whom' }).fill('Gil of support');
      await dialog.getByRole('button', { name: 'Make a link' }).click();
      return dialog.getByRole('textbox', { name: 'Link' }).inputValue();
    };
    const revoked = await made();
    await ann.press('Revoke this one');
    await ann.page.getByRole('button', { name: 'Make a link' }).waitFor();
    await ann.press('Done');
    const page = await browser.context.newPage();
    await page.goto(revoked);
    await page.getByText('Ask whoever sent the link for another one.').waitFor();
    const good = await made();
    await ann.press('Done');
    // In the same tab only the fragment differs.
    await page.goto(good);
    const guest = new ViewerPage(page, '');
    await ann.touches();
    await ann.says(MINE);
    const before = await guest.taps(farm, phone.phoneId);
    await page.bringToFront();
    // Its turn comes once whoever touched before has rested for 2 s.
    await page.getByRole('status').getByText(OTHERS).waitFor();
    await page.getByRole('button', { name: 'Ask for them' }).click();
    await page.getByRole('status').getByText(MINE).waitFor();
    await guest.click(0.5, 0.7);
    await guest.patternWhere(({ value }) => value > before);
    await ann.says(OTHERS);
    await ann.seen('Gil of support').getByText('may touch, has the controls').waitFor();
    await page.close();
    // It is gone, and the audit still says who it was.
    await ann.page.getByText('Who had the controls').click();
    const rows = ann.page.getByRole('table', { name: /^Who held the controls/ }).getByRole('row');
    await rows.filter({ hasText: 'Gil of support' }).filter({ hasText: 'it left' }).first().waitFor();
    await rows.filter({ hasText: 'Console of admin' }).first().waitFor();
  });
});
