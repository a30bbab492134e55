import { describe, expect, it } from 'vitest';
import { openFold, wellMade, withConsole } from './console-page.js';

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
