import { describe, expect, it } from 'vitest';
import { wellMade, withConsole } from './console-page.js';

/** What the farm's admin has on the page of the hosts, against a pretended gateway. */
describe('the self-test of the ways to the viewers', () => {
  const at = withConsole();

  it('tells what is wrong first, with its code and what to do, and can be run again', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'Hosts' }).click();
    const part = page.getByRole('region', { name: 'Ways to the viewers' });
    await part.getByRole('button', { name: 'Run the self-test' }).click();
    await part.getByText('Viewers fail: 1 thing is wrong.').waitFor();
    const findings = part.getByRole('list', { name: 'Findings of the self-test' }).getByRole('listitem');
    expect(await findings.locator('.code').allTextContents()).toEqual([
      'UDP_SILENT',
      'TURN_NONE',
      'UDP_ANSWERED',
    ]);
    await findings.first().getByText('What to do: Open UDP port 40001 of 203.0.113.9.').waitFor();
    await wellMade(page);
    const again = part.getByRole('button', { name: 'Run it again' });
    await again.click();
    await part.getByText('Viewers get through, but 1 thing makes some of them worse off.').waitFor();
    await again.click();
    await part.getByRole('alert').getByText('No media-svc answers.').waitFor();
  });
});
