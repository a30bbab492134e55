import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { wellMade, withConsole } from './console-page.js';

/** What there is to do about the controls; the pretended gateway lets nobody join, so what a farm would tell the player is said to the page. */
interface Told {
  readonly holder: string;
  readonly yours: boolean;
  readonly asking: readonly string[];
}

const ME = 'vw_me';
const mine = (...asking: string[]): Told => ({ holder: ME, yours: true, asking });
const others = (...asking: string[]): Told => ({ holder: 'vw_ann', yours: false, asking });

/** This viewer is let in, with the role; what it then asks of its player is kept. */
async function joins(page: Page, role: string): Promise<void> {
  await page.locator('ancloud-phone').evaluate(
    (phone: HTMLElement & { asks?: unknown[] }, detail) => {
      phone.asks = [];
      Object.assign(phone, { control: (...asked: unknown[]) => phone.asks?.push(asked) });
      phone.dispatchEvent(new CustomEvent('joined', { detail }));
    },
    { viewer: ME, phone: '', role },
  );
}

const tell = (page: Page, detail: Told): Promise<void> =>
  page
    .locator('ancloud-phone')
    .evaluate(
      (phone, told) => void phone.dispatchEvent(new CustomEvent('control', { detail: told })),
      detail,
    );

const asked = (page: Page): Promise<unknown[]> =>
  page
    .locator('ancloud-phone')
    .evaluate((phone: HTMLElement & { asks?: unknown[] }) => phone.asks?.splice(0) ?? []);

const at = withConsole();

describe('the controls on a phone’s page', () => {
  it('are given up, asked for, and not asked for after all', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'support desk' }).click();
    await joins(page, 'owner');
    const controls = page.getByRole('region', { name: 'Controls', exact: true });
    await tell(page, mine());
    await controls.getByText('You have the controls.').waitFor();
    await controls.getByRole('button', { name: 'Give up' }).click();
    await tell(page, others());
    await controls.getByRole('button', { name: 'Take controls' }).click();
    await tell(page, others(ME));
    await controls.getByText('Somebody else has the controls. You have asked for them.').waitFor();
    await wellMade(page);
    await controls.getByRole('button', { name: 'Withdraw' }).click();
    expect(await asked(page)).toEqual([[false], [true], [false]]);
  });

  it('are taken from everybody, also by who only watches', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'support desk' }).click();
    await page.getByRole('radiogroup', { name: 'Your role' }).getByText('Watch').click();
    await joins(page, 'watch');
    await tell(page, others());
    const controls = page.getByRole('region', { name: 'Controls', exact: true });
    const ann = controls.getByRole('listitem').filter({ hasText: 'Ann' });
    await ann.getByText('has the controls').waitFor();
    await wellMade(page);
    await controls.getByRole('button', { name: 'Take from everybody' }).click();
    await ann.getByText('has the controls').waitFor({ state: 'detached' });
    await ann.waitFor();
    expect(await asked(page)).toEqual([]);
  });
});

describe('a macro that is played from a phone’s page', () => {
  it('has the controls of who plays it, where it is refused since that one is at work', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'support desk' }).click();
    await page.getByRole('button', { name: 'Record a macro' }).click();
    await page.getByRole('textbox', { name: 'Name of the macro' }).fill('tidy up');
    await page.getByRole('button', { name: 'Keep' }).click();
    const posted: string[] = [];
    page.on('request', (request) => {
      if (request.method() === 'POST')
        posted.push(`${new URL(request.url()).pathname} ${request.postData()}`);
    });
    const plays = async (): Promise<string[]> => {
      posted.length = 0;
      await page.getByRole('button', { name: 'Play tidy up' }).click();
      await page.getByRole('button', { name: 'Stop the macro' }).click();
      return posted
        .filter((one) => /control|play/.test(one))
        .map((one) => one.replace(/^.*\/phones\/\w+\//, ''));
    };
    const playing = expect.stringMatching(/^macro\/play /) as string;
    await joins(page, 'owner');
    await tell(page, mine());
    await page.getByText('You have the controls.').waitFor();
    expect(await plays()).toEqual([playing]);
    const refusal = { status: 409, code: 'CONTROL_NOT_HELD', detail: 'somebody else holds the controls' };
    await page.route('**/macro/play', (route) => route.fulfill({ status: 409, json: refusal }), { times: 1 });
    expect(await plays()).toEqual([playing, 'control {"viewerId":""}', playing]);
  });
});

describe('the controls on the page of a shared link', () => {
  it('are asked for and not, given up, and handed over to whoever is chosen', async () => {
    const { page, gateway } = at;
    await page.goto(`${gateway.origin}/shared.html#token=a-token`);
    await page.locator('ancloud-phone[token]').waitFor();
    await joins(page, 'control');
    const does = async (told: Told, said: string, ...buttons: string[]): Promise<void> => {
      await tell(page, told);
      await page.locator('#role').getByText(said, { exact: true }).waitFor();
      expect(await page.locator('#deeds').getByRole('button').allTextContents()).toEqual(buttons);
      await page.locator('#deeds').getByRole('button').last().click();
    };
    await does(others(), 'Somebody else has the controls.', 'Ask for them');
    await does(others(ME), 'You have asked for the controls.', 'Withdraw');
    await does(mine(), 'You have the controls.', 'Give up');
    await does(mine('vw_ann'), 'You have the controls. Somebody asks for them.', 'Hand over');
    await does(
      mine('vw_ann', 'vw_bob'),
      'You have the controls. Somebody asks for them.',
      'Hand over to vw_ann',
      'Hand over to vw_bob',
    );
    expect(await asked(page)).toEqual([[true], [false], [false], [false, 'vw_ann'], [false, 'vw_bob']]);
    await wellMade(page);
    // Who only watches has nothing to do about them.
    await joins(page, 'watch');
    await page.locator('#role').getByText('You are watching.').waitFor();
    expect(await page.locator('#deeds').getByRole('button').count()).toBe(0);
  });
});
