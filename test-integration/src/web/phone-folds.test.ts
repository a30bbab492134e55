import { describe, expect, it } from 'vitest';
import { installable, openFold, wellMade, withConsole } from './console-page.js';

/** What a phone's page has besides its screen, shut until it is wanted, against a pretended gateway. */
describe('pushing out', () => {
  const at = withConsole();

  it('sends a phone to a server, shows how it fares without its key, and stops', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'support desk' }).click();
    const fold = await openFold(page, 'Push out');
    await fold.getByRole('textbox', { name: 'Send to' }).fill('rtmps://live.example/app/secret-key');
    // RTMP has its key in the address; only HTTP takes a token.
    expect(await fold.getByLabel('Token of the server').count()).toBe(0);
    await fold.getByRole('button', { name: 'Start sending' }).click();
    const entry = fold.getByRole('list', { name: 'Pushes of this phone' }).getByRole('listitem');
    await entry.getByText('rtmps://live.example/…').waitFor();
    await entry.getByText('live, 1234 pictures').waitFor();
    expect(await fold.getByRole('textbox', { name: 'Send to' }).inputValue()).toBe('');
    expect(await page.content()).not.toContain('secret-key');
    await fold.getByRole('textbox', { name: 'Send to' }).fill('https://down.example/whip');
    await fold.getByLabel('Token of the server').fill('bearer');
    await fold.getByRole('button', { name: 'Start sending' }).click();
    const failing = entry.filter({ hasText: 'https://down.example/…' });
    await failing.getByText('connecting, attempt 3').waitFor();
    await failing.getByText('The server refused the connection.').waitFor();
    await wellMade(page);
    await fold.getByRole('button', { name: 'Stop sending to https://down.example/…' }).click();
    await failing.waitFor({ state: 'detached' });
    expect(await entry.count()).toBe(1);
  });

  it('tells why a destination is refused, and keeps it for mending', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'support desk' }).click();
    const fold = await openFold(page, 'Push out');
    await fold.getByRole('textbox', { name: 'Send to' }).fill('rtmp://inside/app/key');
    await fold.getByRole('button', { name: 'Start sending' }).click();
    const alert = fold.getByRole('alert');
    await alert.getByText('Inside is 10.0.0.7, which is an address inside.').waitFor();
    await alert.getByText('DESTINATION_REFUSED · url').waitFor();
    expect(await fold.getByRole('textbox', { name: 'Send to' }).inputValue()).toBe('rtmp://inside/app/key');
  });
});

describe('cameras and microphones', () => {
  const at = withConsole();

  it('makes a feed whose token is shown once, lists who sends, and ends it', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'support desk' }).click();
    const fold = await openFold(page, 'Camera and microphone');
    const live = fold.getByRole('list', { name: 'Feeds of this phone' }).getByRole('listitem');
    await live.getByText('live, 1 viewer, 5 MiB').waitFor();
    await live.getByRole('button', { name: 'Let somebody watch feed fe_camera' }).click();
    const where = live.getByRole('textbox', { name: 'WHEP address' });
    expect(await where.inputValue()).toBe('https://farm.example/v1/whep?feed=fe_camera');
    expect(await live.getByRole('textbox', { name: 'Bearer token' }).inputValue()).toMatch(/-token-watch$/);
    await wellMade(page);
    await live.getByRole('button', { name: 'Hide how feed fe_camera is watched' }).click();
    await where.waitFor({ state: 'detached' });
    const make = fold.getByRole('button', { name: 'Make a feed' });
    await make.click();
    const token = fold.getByRole('textbox', { name: 'Bearer token' });
    expect(await token.inputValue()).toBe('feed-token-fe_1');
    expect(await fold.getByRole('textbox', { name: 'WHIP address' }).inputValue()).toBe(
      'https://farm.example/v1/whip',
    );
    await wellMade(page);
    await fold.getByRole('button', { name: 'Done' }).click();
    await make.click();
    // Another one each time: the one before is not shown again.
    expect(await token.inputValue()).toBe('feed-token-fe_2');
    await fold.getByRole('button', { name: 'Make it void' }).click();
    await token.waitFor({ state: 'detached' });
    await live.getByRole('button', { name: 'End feed fe_camera' }).click();
    await live.waitFor({ state: 'detached' });
  });
});

describe('sharing', () => {
  const at = withConsole();

  it('makes a link for a role, shows it once, and revokes it', async () => {
    const { page, gateway } = at;
    await page.getByRole('link', { name: 'support desk' }).click();
    const share = page.getByRole('button', { name: 'Share', exact: true });
    await share.click();
    const dialog = page.getByRole('dialog', { name: 'Share support desk' });
    await dialog.getByText('Sees and hears, and cannot touch.').waitFor();
    await dialog.getByRole('radiogroup', { name: 'They may' }).getByText('Control').click();
    await dialog.getByText('Also touches, when nobody else is at work.').waitFor();
    await dialog.getByRole('radiogroup', { name: 'To be used within' }).getByText('1 hour').click();
    await dialog.getByRole('textbox', { name: 'For whom' }).fill(' Bob ');
    await dialog.getByRole('textbox', { name: 'Where they are' }).fill('eu');
    const asked = page.waitForRequest(
      (request) => request.url().endsWith('/viewers') && request.method() === 'POST',
    );
    await dialog.getByRole('button', { name: 'Make a link' }).click();
    expect((await asked).postDataJSON()).toEqual({
      role: 'control',
      name: 'Bob',
      ttlSeconds: 3_600,
      region: 'eu',
    });
    const link = await dialog.getByRole('textbox', { name: 'Link' }).inputValue();
    expect(link).toMatch(new RegExp(`^${gateway.origin}/shared.html#token=mock-ph_\\w+-token-control$`));
    await wellMade(page);
    // What nobody has used can be taken back by whoever opens this, not only by who made it.
    const unused = dialog.getByRole('list', { name: 'Not used yet' });
    await unused.getByText('control, until').waitFor();
    await unused.getByText(/^Bob/).waitFor();
    await dialog.getByRole('button', { name: 'Another one' }).click();
    await dialog.getByRole('button', { name: 'Make a link' }).click();
    await unused.getByRole('listitem').nth(1).waitFor();
    await unused
      .getByRole('button', { name: /^Revoke (Bob, )?vw_/ })
      .first()
      .click();
    await unused.getByRole('listitem').nth(1).waitFor({ state: 'detached' });
    await dialog.getByRole('button', { name: 'Revoke this one' }).click();
    await dialog.getByRole('button', { name: 'Make a link' }).waitFor();
    await unused.waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    // The focus is back where it was.
    await page.waitForFunction(() => document.activeElement?.textContent?.trim() === 'Share');
  });

  it('makes a link for a thumbnail, which is no viewer that may touch', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'support desk' }).click();
    await page.getByRole('button', { name: 'Share', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Share support desk' });
    await dialog.getByRole('radiogroup', { name: 'They may' }).getByText('Thumbnail').click();
    await dialog.getByText('Sees a smaller picture without sound, and keeps no phone awake.').waitFor();
    await wellMade(page);
    const asked = page.waitForRequest(
      (request) => request.url().endsWith('/viewers') && request.method() === 'POST',
    );
    await dialog.getByRole('button', { name: 'Make a link' }).click();
    expect((await asked).postDataJSON()).toEqual({ role: 'watch', layer: 'low', name: '', ttlSeconds: 600 });
    await dialog.getByText('to see a thumbnail that moves.').waitFor();
    await dialog.getByRole('list', { name: 'Not used yet' }).getByText('thumbnail, until').waitFor();
  });

  it('opens a link in a plain page, which keeps no token in its address', async () => {
    const { page, gateway } = at;
    await page.goto(`${gateway.origin}/shared.html#token=a-token`);
    await page.getByRole('heading', { name: 'A shared phone' }).waitFor();
    await page.waitForFunction(
      () => document.querySelector('ancloud-phone')?.getAttribute('token') === 'a-token',
    );
    expect(page.url()).toBe(`${gateway.origin}/shared.html`);
    await wellMade(page);
    await page.reload();
    await page.getByText('Ask whoever sent the link for another one.').waitFor();
  });

  it('a link’s page can be installed as an app of its own, which is no door to the console', async () => {
    const { page, gateway } = at;
    await page.goto(`${gateway.origin}/shared.html#token=a-token`);
    const manifest = `${gateway.origin}/shared.webmanifest`;
    expect(await installable(page)).toEqual({ manifest, startUrl: '/shared.html', errors: [] });
    // As the app is opened later: by no link. One that is opened then goes on in it.
    await page.goto(`${gateway.origin}/shared.html`);
    await page.getByText('Ask whoever sent the link for another one.').waitFor();
    await page.goto(`${gateway.origin}/shared.html#token=another`);
    await page.locator('ancloud-phone[token="another"]').waitFor();
  });
});

describe('how viewers see it', () => {
  const at = withConsole();

  it('tells for each of them its picture, times, score and freezes', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'support desk' }).click();
    const there = page.getByRole('list', { name: 'Who is there' }).getByRole('listitem');
    const hers = 'hears it, by UDP through a relay, a link of at least 2.4 Mb/s, from media-1';
    await there.filter({ hasText: 'Ann' }).getByText(hers).waitFor();
    await there.filter({ hasText: 'vw_whep' }).getByText('no way to the picture yet').waitFor();
    const unknown = await there.filter({ hasText: 'vw_whep' }).textContent();
    expect(unknown).toContain('watches');
    expect(unknown).not.toContain('link');
    const fold = await openFold(page, 'How viewers see it');
    const ann = fold.getByRole('listitem').filter({ hasText: 'Ann' });
    await ann.getByText('the smaller picture, UDP').waitFor();
    const row = (name: string) =>
      ann.getByRole('row').filter({ hasText: name }).getByRole('cell').allTextContents();
    expect(await row('Touch to photon')).toEqual(['84 ms', '132 ms']);
    expect(await row('Glass to glass')).toEqual(['52 ms', '89 ms']);
    expect(await row('Score')).toEqual(['4.6', '3.2']);
    await ann.getByText('2 freezes, 0.42 s in all').waitFor();
    await fold
      .getByRole('listitem')
      .filter({ hasText: 'vw_whep' })
      .getByText('Its player has told nothing.')
      .waitFor();
    await wellMade(page);
  });
});

describe('the audit', () => {
  const at = withConsole();

  it('tells who had the controls when, and more on demand', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'support desk' }).click();
    const fold = await openFold(page, 'Who had the controls');
    const rows = fold.getByRole('table', { name: 'Who held the controls, newest first' }).getByRole('row');
    await rows.nth(1).getByText('let go').waitFor();
    await rows.nth(1).getByText('left, 42 inputs').waitFor();
    await rows.nth(2).getByText('touched', { exact: true }).waitFor();
    expect(await rows.nth(1).getByRole('cell').nth(1).innerText()).toMatch(/^Ann\s+control\s+vw_0$/);
    expect(await rows.count()).toBe(21);
    await wellMade(page);
    await fold.getByRole('button', { name: 'Show more' }).click();
    await rows.nth(60).waitFor();
    await fold.getByRole('button', { name: 'Show more' }).waitFor({ state: 'detached' });
  });
});

describe('what has no button below the picture', () => {
  const at = withConsole();

  it('is done by whoever may touch: panels, screen, apps, the clipboard', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'support desk' }).click();
    const fold = await openFold(page, 'Panels, apps, clipboard');
    const phone = page.locator('ancloud-phone');
    // The pretended gateway lets no player in: what this one is asked for is kept.
    await phone.evaluate((element: HTMLElement & { asked?: unknown[] }) => {
      element.asked = [];
      const keep = (...asked: unknown[]): void => void element.asked?.push(asked);
      Object.assign(element, { act: keep, setClipboard: keep });
    });
    for (const name of ['Notifications', 'Quick settings', 'Close panels', 'Screen on', 'Screen off'])
      await fold.getByRole('button', { name }).click();
    const start = fold.getByRole('button', { name: 'Start the app' });
    expect(await start.isDisabled()).toBe(true);
    await fold.getByRole('textbox', { name: 'App to start' }).fill('com.example.app ');
    await start.click();
    const text = fold.getByRole('textbox', { name: 'The phone’s clipboard' });
    await fold.getByRole('button', { name: 'Read it' }).click();
    await fold.getByText('This is in it now.').waitFor();
    expect(await text.inputValue()).toBe('copied there');
    await text.fill('from here');
    await fold.getByRole('button', { name: 'Set it' }).click();
    await fold.getByText('Sent to the phone, which pastes it nowhere.').waitFor();
    // viewer.proto's numbers.
    expect(await phone.evaluate((element: HTMLElement & { asked?: unknown[] }) => element.asked)).toEqual([
      [8],
      [9],
      [10],
      [11],
      [12],
      [13, 'com.example.app'],
      ['from here'],
    ]);
    await wellMade(page);
    await page.getByRole('radiogroup', { name: 'Your role' }).getByText('Watch').click();
    await fold.getByText('You are watching').waitFor();
    const names = await fold.locator('button:enabled').allTextContents();
    expect(names).toEqual(['Read it']);
  });
});

describe('what is on one’s own screen', () => {
  const at = withConsole();

  it('has a quality and keeps sound in step without connecting anew, and is remembered', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'support desk' }).click();
    const fold = await openFold(page, 'On your screen');
    const given = (): Promise<(string | null)[]> =>
      page.evaluate(() => {
        const phone = document.querySelector('ancloud-phone');
        return ['quality', 'sync'].map((name) => phone?.getAttribute(name) ?? null);
      });
    const token = await page.locator('ancloud-phone[token]').getAttribute('token');
    expect(await given()).toEqual(['auto', null]);
    await fold.getByText('Low', { exact: true }).click();
    await fold.getByText('The smaller picture, which takes a fraction of the data.').waitFor();
    await fold.getByText('Keep sound in step').click();
    expect(await given()).toEqual(['low', 'av']);
    expect(await page.locator('ancloud-phone').getAttribute('token')).toBe(token);
    await wellMade(page);
    await page.reload();
    await page.locator('ancloud-phone[quality=low][sync=av]').waitFor();
    await openFold(page, 'On your screen');
    expect(await page.getByRole('checkbox', { name: 'Keep sound in step' }).isChecked()).toBe(true);
  });
});
