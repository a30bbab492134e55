import { describe, expect, it } from 'vitest';
import { wellMade, withConsole } from './console-page.js';

/** What was recorded of all phones, against a pretended gateway; those of one phone are on its page (phone-page.test.ts). */
describe('the recordings', () => {
  const at = withConsole();

  it('of phones that are gone can be fetched and removed, and say why they have ended', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'Recordings', exact: true }).click();
    await page.getByRole('heading', { name: 'Recordings', level: 1 }).waitFor();
    const entry = page.getByRole('list', { name: 'All recordings' }).getByRole('listitem');
    await entry.getByText('ph_gone').waitFor();
    await entry.getByText('The phone was deleted.').waitFor();
    const file = entry.getByRole('link', { name: 'Download' });
    expect(await file.getAttribute('href')).toMatch(/^\/v1\/recordings\/rc_\w+\/files\/1$/);
    await page.getByText('1 recording, 3 MiB').waitFor();
    await wellMade(page);
    await entry.getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('heading', { name: 'Nothing is recorded' }).waitFor();
    await wellMade(page);
  });

  it('of all phones are listed, lead to them, and can be stopped', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'support desk' }).click();
    await page.getByRole('button', { name: 'Record', exact: true }).click();
    await page.getByRole('button', { name: 'Stop recording' }).waitFor();
    await page.getByRole('link', { name: 'Recordings', exact: true }).click();
    const all = page.getByRole('list', { name: 'All recordings' }).getByRole('listitem');
    const entry = all.filter({ hasText: 'support desk' });
    await entry.getByText('recording: 12 s, 3.0 MiB').waitFor();
    expect(await all.count()).toBe(2);
    await entry.getByRole('button', { name: 'Stop' }).click();
    await entry.getByText('It was stopped.').waitFor();
    await entry.getByRole('link', { name: 'support desk' }).click();
    await page.getByRole('list', { name: 'Recordings of this phone' }).getByText('It was stopped.').waitFor();
  });
});
