import type { Locator } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { nameless, openFold, wellMade, withConsole } from './console-page.js';

/** Phones that are controlled together, against a pretended gateway. */
describe('a group', () => {
  const at = withConsole();
  const panel = (): Locator => at.page.getByRole('region', { name: 'Controlled together' });
  /** Chooses the phones, of which the first leads. */
  const choose = async (...names: string[]): Promise<Locator> => {
    await at.page.getByRole('button', { name: 'Control together' }).click();
    for (const name of names) await at.page.getByRole('button', { name: `Choose ${name}` }).click();
    return at.page.getByRole('region', { name: 'Control together' });
  };

  it('is led by the first that is chosen; each can rest, and it can be ended', async () => {
    const { page } = at;
    const bar = await choose('support desk');
    const begin = bar.getByRole('button', { name: 'Begin' });
    expect(await begin.isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Choose checkout tests' }).click();
    await bar.getByText('support desk leads, 1 follows.').waitFor();
    // One that nobody can look at cannot be touched either.
    expect(await page.getByRole('button', { name: 'Choose archive' }).count()).toBe(0);
    expect(await nameless(page)).toEqual([]);
    await begin.click();
    await page.getByRole('heading', { name: 'support desk', level: 1 }).waitFor();
    await panel().getByText('does the same, 3 inputs not done').waitFor();
    const closely = panel().getByRole('table', { name: 'How closely they follow' });
    await closely.getByRole('row', { name: 'First to last phone 0.6 ms 1.4 ms' }).waitFor();
    await closely.getByRole('row', { name: 'Until the last phone 1.9 ms 3.2 ms' }).waitFor();
    await panel().getByText('Jitter: none').click();
    await panel().getByRole('textbox', { name: 'Place, up to' }).fill('2.5%');
    await panel().getByRole('textbox', { name: 'Later, ms' }).fill('150');
    await page.keyboard.press('Tab');
    const jitter = page.waitForRequest((request) => request.method() === 'PATCH');
    await panel().getByRole('button', { name: 'Apply' }).click();
    expect((await jitter).postDataJSON()).toEqual({
      jitter: { place: 0.025, delayMs: 150 },
      revision: 1,
    });
    await panel().getByText('Jitter: 2.5 %, 150 ms').waitFor();
    await wellMade(page);
    await panel().getByRole('button', { name: 'Exclude checkout tests' }).click();
    await panel().getByText('rests').waitFor();
    await panel().getByRole('button', { name: 'Include checkout tests' }).click();
    await panel().getByText('does the same, 3 inputs not done').waitFor();
    await panel().getByRole('button', { name: 'End controlling together' }).click();
    await panel().waitFor({ state: 'detached' });
  });

  it('takes a name, a viewer that leads, jitter and who rests when it is made', async () => {
    const { page } = at;
    const bar = await choose('support desk', 'checkout tests', 'demo tablet');
    await bar.getByText('More').click();
    await bar.getByRole('textbox', { name: 'Name of the group' }).fill('row');
    await bar.getByRole('textbox', { name: 'Place, up to' }).fill('1%');
    await bar.getByRole('textbox', { name: 'Later, ms' }).fill('20');
    await bar.getByText('demo tablet rests at first').click();
    await bar.getByRole('button', { name: /They follow/ }).click();
    // Neither who only watches nor who is away can lead.
    expect(await page.getByRole('option').count()).toBe(2);
    await page.getByRole('option', { name: 'Ann' }).click();
    await wellMade(page);
    const made = page.waitForRequest((request) => request.method() === 'POST');
    await bar.getByRole('button', { name: 'Begin' }).click();
    expect((await made).postDataJSON()).toMatchObject({
      name: 'row',
      viewerId: 'vw_ann',
      jitter: { place: 0.01, delayMs: 20 },
    });
    await panel().getByText('rests').waitFor();
    await panel().getByText('Group row, does what Ann does').waitFor();
  });

  it('is told on the pages of those that follow, and can be ended while its master is stopped', async () => {
    const { page } = at;
    const bar = await choose('support desk', 'checkout tests');
    await bar.getByRole('button', { name: 'Begin' }).click();
    await panel().getByRole('link', { name: 'checkout tests' }).click();
    const follows = page.getByRole('region', { name: 'Follows another phone' });
    await follows.waitFor();
    await wellMade(page);
    await follows.getByRole('link', { name: 'support desk' }).click();
    await page.getByRole('heading', { name: 'support desk', level: 1 }).waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('region', { name: 'Screen' }).getByText('Stopped').waitFor();
    await panel().getByRole('button', { name: 'End controlling together' }).click();
    await panel().waitFor({ state: 'detached' });
  });

  it('is renamed, and phones join and leave it', async () => {
    const { page } = at;
    const bar = await choose('support desk', 'checkout tests');
    await bar.getByRole('button', { name: 'Begin' }).click();
    // One has to be left.
    expect(
      await panel()
        .getByRole('button', { name: /^Remove/ })
        .count(),
    ).toBe(0);
    const fold = await openFold(page, 'Name and phones');
    await fold.getByRole('textbox', { name: 'Name of the group' }).fill('row');
    await fold.getByRole('button', { name: 'Rename' }).click();
    await panel().getByText('Group row').waitFor();
    await fold.getByRole('button', { name: /Add a phone/ }).click();
    await page.getByRole('option', { name: 'archive' }).click();
    await panel().getByRole('heading', { name: 'Leads 2 phones' }).waitFor();
    await wellMade(page);
    await panel().getByRole('button', { name: 'Remove checkout tests from the group' }).click();
    await panel().getByRole('link', { name: 'checkout tests' }).waitFor({ state: 'detached' });
    await panel().getByRole('link', { name: 'archive' }).waitFor();
  });

  it('that somebody else changes while its name is typed keeps their change, and tells so', async () => {
    const { page } = at;
    const bar = await choose('support desk', 'checkout tests');
    const made = page.waitForResponse((response) => response.request().method() === 'POST');
    await bar.getByRole('button', { name: 'Begin' }).click();
    const { groupId, phoneIds } = (await (await made).json()) as { groupId: string; phoneIds: string[] };
    const fold = await openFold(page, 'Name and phones');
    const name = fold.getByRole('textbox', { name: 'Name of the group' });
    await name.fill('row');
    const others = await page.request.patch(new URL(`/v1/groups/${groupId}`, page.url()).href, {
      data: { exclude: phoneIds },
    });
    expect(others.status()).toBe(200);
    await panel().getByText('rests').waitFor();
    await fold.getByRole('button', { name: 'Rename' }).click();
    await page.getByText('Somebody else has changed this group meanwhile.').waitFor();
    await panel().getByText('rests').waitFor();
    expect(await name.inputValue()).toBe('row');
    await fold.getByRole('button', { name: 'Rename' }).click();
    await panel().getByText('Group row').waitFor();
    await panel().getByText('rests').waitFor();
  });

  it('that its operator changes while its name is typed is renamed all the same', async () => {
    const { page } = at;
    const bar = await choose('support desk', 'checkout tests');
    await bar.getByRole('button', { name: 'Begin' }).click();
    const fold = await openFold(page, 'Name and phones');
    const name = fold.getByRole('textbox', { name: 'Name of the group' });
    await name.fill('row');
    await panel().getByRole('button', { name: 'Exclude checkout tests' }).click();
    await panel().getByText('rests').waitFor();
    // What is typed while it is sent stays.
    const held = Promise.withResolvers<void>();
    await page.route('**/v1/groups/*', async (route) => {
      await held.promise;
      await route.continue();
    });
    await fold.getByRole('button', { name: 'Rename' }).click();
    await name.fill('row of desks');
    held.resolve();
    await panel().getByText('Group row', { exact: true }).waitFor();
    expect(await name.inputValue()).toBe('row of desks');
    await fold.getByRole('button', { name: 'Rename' }).click();
    await panel().getByText('Group row of desks').waitFor();
  });
});
