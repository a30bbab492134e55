import { describe, expect, it } from 'vitest';
import { openFold, wellMade, withConsole } from './console-page.js';

/** Many phones are worked with by their labels; against a pretended gateway. */
describe('labels', () => {
  const at = withConsole();
  const names = () => at.page.getByRole('main').getByRole('heading', { level: 2 }).allTextContents();

  it('are given to a new phone, changed on its page, and what the page of phones is narrowed by', async () => {
    const { page } = at;
    await page.getByRole('button', { name: 'New phone' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('fresh');
    await page.getByRole('textbox', { name: 'Labels' }).fill('team=lab\nplace=New York');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    const find = page.getByRole('searchbox', { name: 'Find phones' });
    await find.fill('place=new york');
    await page.getByText('1 of 7 phones found').waitFor();
    expect(await names()).toEqual(['fresh']);
    await page.getByRole('list', { name: 'Labels' }).getByText('team=lab').waitFor();
    await wellMade(page);

    await page.getByRole('link', { name: 'fresh' }).click();
    const fold = await openFold(page, 'Labels');
    const set = fold.getByRole('button', { name: 'Set labels' });
    expect(await set.isDisabled()).toBe(true);
    await fold.getByRole('textbox', { name: 'Labels' }).fill('team=qa\nspare');
    const sent = page.waitForRequest((request) => request.method() === 'PATCH');
    await set.click();
    expect((await sent).postDataJSON()).toEqual({ spec: { labels: { team: 'qa', spare: '' } } });
    const shown = page.getByRole('list', { name: 'Labels' }).getByRole('listitem');
    await shown.getByText('spare').waitFor();
    expect(await shown.allTextContents()).toEqual(['spare', 'team=qa']);
    await wellMade(page);

    // A line that is taken away while the farm answers is one of those that it is about to have.
    const answered = Promise.withResolvers<void>();
    await page.route('**/v1/phones/*', async (route) => {
      if (route.request().method() === 'PATCH') await answered.promise;
      await route.continue();
    });
    await fold.getByRole('textbox', { name: 'Labels' }).fill('team=qa\nspare\nextra=1');
    await set.click();
    await fold.getByRole('textbox', { name: 'Labels' }).fill('team=qa\nspare');
    answered.resolve();
    await shown.getByText('extra=1').waitFor();
    await set.click();
    await shown.getByText('extra=1').waitFor({ state: 'detached' });
    expect(await shown.allTextContents()).toEqual(['spare', 'team=qa']);

    // The page of phones is as it was left, and finds it no more by what it had.
    await page.getByRole('link', { name: 'All phones', exact: true }).click();
    await page.getByText('0 of 7 phones found').waitFor();
    await find.fill('team=qa');
    await page.getByText('3 of 7 phones found').waitFor();
    expect(await names()).toEqual(['fresh', 'checkout tests', 'demo tablet']);
  });

  it('choose the phones of a group at once, when it is made and later', async () => {
    const { page } = at;
    const find = page.getByRole('searchbox', { name: 'Find phones' });
    await page.getByRole('button', { name: 'Control together' }).click();
    await page.getByRole('button', { name: 'Choose support desk' }).click();
    await find.fill('team=qa');
    const bar = page.getByRole('region', { name: 'Control together' });
    await bar.getByRole('button', { name: 'Choose all 2 shown' }).click();
    await bar.getByText('support desk leads, 2 follow.').waitFor();
    await wellMade(page);
    await bar.getByRole('button', { name: 'Begin' }).click();
    const panel = page.getByRole('region', { name: 'Controlled together' });
    await panel.getByRole('heading', { name: 'Leads 2 phones' }).waitFor();

    const fold = await openFold(page, 'Name and phones');
    await fold.getByRole('searchbox', { name: 'Find phones' }).fill('l');
    // Of those that are not in it yet.
    await fold.getByRole('button', { name: 'Add all 2 found' }).click();
    await panel.getByRole('heading', { name: 'Leads 4 phones' }).waitFor();
    await panel.getByRole('link', { name: 'nightly' }).waitFor();
    await panel.getByRole('link', { name: 'lab 7' }).waitFor();
    await wellMade(page);
  });
});
