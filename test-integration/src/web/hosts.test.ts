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

describe('the media-svcs', () => {
  const at = withConsole();

  it('are listed with what they carry and have room for', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'Hosts' }).click();
    const part = page.getByRole('region', { name: 'Media services' });
    const row = part.getByRole('row').filter({ hasText: 'media-1' });
    await row.getByText('Full: new viewers go elsewhere').waitFor();
    await row.getByText('Recordings have 512 MiB of 10 GiB').waitFor();
    expect((await row.getByRole('cell').allTextContents()).slice(0, 4)).toEqual([
      'fra',
      '3',
      '640 of 1000',
      '201300 of 200000',
    ]);
    const older = part.getByRole('row').filter({ hasText: 'media-2' });
    expect((await older.getByRole('cell').allTextContents()).slice(0, 4)).toEqual(['', '0', '0', '0']);
    await wellMade(page);
    // On a phone's screen each figure is on one line, beside what it is of; what is not known has no line.
    await page.setViewportSize({ width: 360, height: 740 });
    const heights = await row
      .getByRole('cell')
      .evaluateAll((cells) => cells.map((cell) => cell.clientHeight));
    expect(Math.max(...heights)).toBeLessThan(1.5 * Math.min(...heights));
    const left = await row
      .getByRole('cell')
      .evaluateAll((cells) => cells.map((cell) => cell.getBoundingClientRect().x));
    expect(new Set(left).size).toBe(1);
    expect(await older.getByRole('cell').count()).toBe(4);
  });
});

describe('a host', () => {
  const at = withConsole();

  it('is drained and takes phones again; what the farm says against it is shown', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'Hosts' }).click();
    const card = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'attic-1' }) });
    await card.getByText('Takes new phones.').waitFor();
    await card.getByRole('button', { name: 'Drain attic-1' }).click();
    await card.getByText('Drained: takes no new phones; those it has go on.').waitFor();
    await wellMade(page);
    await card.getByRole('button', { name: 'Let attic-1 take phones' }).click();
    await card.getByText('Takes new phones.').waitFor();
    await card.getByRole('button', { name: 'Drain attic-1' }).click();
    await card.getByRole('button', { name: 'Let attic-1 take phones' }).click();
    await card.getByRole('alert').getByText('its configuration keeps it drained').waitFor();
    await card.getByText('Drained: takes no new phones; those it has go on.').waitFor();
  });
});
