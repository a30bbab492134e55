import type { Locator } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { faint, nameless, said, wellMade, withConsole } from './console-page.js';

/** What a phone's page shows and does at once, against a pretended gateway; its folds are phone-folds.test.ts. */
describe('a phone’s page', () => {
  const at = withConsole();

  it('stops and starts a phone from its page', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'support desk' }).click();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('region', { name: 'Screen' }).getByText('Stopped').waitFor();
    await page.getByRole('region', { name: 'Screen' }).getByRole('button', { name: 'Start' }).click();
    await page.getByRole('radio', { name: 'Control' }).waitFor({ state: 'attached' });
  });

  it('pauses, resumes and resets a phone from its page; a reset asks first', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'support desk' }).click();
    const screen = page.getByRole('region', { name: 'Screen' });
    await page.getByRole('button', { name: 'Pause' }).click();
    await screen.getByText('Paused').waitFor();
    await screen.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('radio', { name: 'Control' }).waitFor({ state: 'attached' });
    await page.getByRole('button', { name: 'Factory reset…' }).click();
    const asNew = said(page, 'support desk is as new');
    await page
      .getByRole('alertdialog', { name: 'Reset support desk?' })
      .getByRole('button', { name: 'Reset' })
      .click();
    await asNew;
  });

  it('changes how a phone’s picture is encoded, and remembers it', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'support desk' }).click();
    const picture = page.getByRole('radiogroup', { name: 'Picture' });
    const chosen = (name: string): Promise<void> =>
      picture.locator('[data-selected]').getByText(name, { exact: true }).waitFor();
    await chosen('Standard');
    await picture.getByText('Light', { exact: true }).click();
    await chosen('Light');
    await page.reload();
    await chosen('Light');
    expect(await nameless(page)).toEqual([]);
  });

  it('has a phone’s picture encoded by numbers: says what is wrong at each, also by the farm, and what is set', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'support desk' }).click();
    const controls = page.getByRole('region', { name: 'Controls', exact: true });
    await controls.getByText('4 Mb/s, 60 fps, its own size').waitFor();
    await page.getByRole('button', { name: 'Other…' }).click();
    const form = page.getByRole('dialog', { name: 'Picture' });
    const field = (name: string): Locator => form.getByRole('textbox', { name });
    const value = (name: string): Promise<string> => field(name).inputValue();
    const names = ['Bit rate', 'Frames a second', 'Longest side'] as const;
    expect(await Promise.all(names.map(value))).toEqual(['4', '60', '']);
    await field('Bit rate').fill('0.05');
    await field('Longest side').fill('100');
    await field('Longest side').press('Enter');
    await form.getByText('From 0.1 to 50').waitFor();
    await form.getByText('From 180 to 2560').waitFor();
    expect(await field('Longest side').getAttribute('aria-invalid')).toBe('true');
    await wellMade(page);
    await field('Bit rate').fill('2.5');
    await field('Longest side').fill('640');
    await field('Frames a second').fill('100');
    await form.getByRole('button', { name: 'Set' }).click();
    await form.getByText('Too big: expected number to be <=90.').waitFor();
    expect(await field('Frames a second').getAttribute('aria-invalid')).toBe('true');
    await field('Frames a second').fill('24');
    await field('Frames a second').press('Enter');
    await form.waitFor({ state: 'detached' });
    await controls.getByText('2.5 Mb/s, 24 fps, 640 px').waitFor();
    expect(
      await controls
        .getByRole('radiogroup', { name: 'Picture' })
        .getByRole('radio', { checked: true })
        .count(),
    ).toBe(0);
    await page.waitForFunction(() => document.activeElement?.textContent === 'Other…');
    // What is left empty is the farm's own.
    await page.getByRole('button', { name: 'Other…' }).click();
    for (const name of names) await field(name).fill('');
    await form.getByRole('button', { name: 'Set' }).click();
    await controls.getByText('4 Mb/s, 60 fps, its own size').waitFor();
    await wellMade(page);
  });

  it('records a phone from its page, and offers what was recorded', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'support desk' }).click();
    await page.getByRole('button', { name: 'Record', exact: true }).click();
    const entry = page.getByRole('list', { name: 'Recordings of this phone' }).getByRole('listitem');
    await entry.getByText('recording: 12 s, 3.0 MiB').waitFor();
    await page.getByRole('button', { name: 'Stop recording' }).click();
    const link = entry.getByRole('link', { name: 'Download' });
    expect(await link.getAttribute('href')).toMatch(/^\/v1\/recordings\/rc_\w+\/files\/1$/);
    await entry.getByRole('button', { name: 'Remove' }).click();
    await entry.waitFor({ state: 'detached' });
    expect(await nameless(page)).toEqual([]);
  });

  it('records a macro from a phone’s page, keeps it by a name, plays it and stops it', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'support desk' }).click();
    const recording = page.getByRole('status').getByText('Recording what is done: 3 steps');
    await page.getByRole('button', { name: 'Record a macro' }).click();
    await recording.waitFor();
    await page.getByRole('button', { name: 'Discard' }).click();
    await recording.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Record a macro' }).click();
    await recording.waitFor();
    await page.getByRole('textbox', { name: 'Name of the macro' }).fill('sign in');
    await page.getByRole('button', { name: 'Keep' }).click();
    await page.getByRole('button', { name: 'Play sign in' }).click();
    await page.getByRole('status').getByText('sign in: is played').waitFor();
    await page.getByRole('button', { name: 'Stop the macro' }).click();
    await page.getByRole('status').getByText('sign in: was stopped at step 2').waitFor();
    expect(await nameless(page)).toEqual([]);
    expect(await faint(page)).toEqual([]);
    await page.getByRole('button', { name: 'Remove sign in' }).click();
    await page.getByRole('button', { name: 'Play sign in' }).waitFor({ state: 'detached' });
  });

  it('sends keys as they are when its button was pressed, and remembers it', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'checkout tests' }).click();
    const keys = page.getByRole('button', { name: 'Keys as they are, for games' });
    await keys.waitFor();
    expect(await keys.getAttribute('aria-pressed')).toBe('false');
    // It cannot be used before somebody may touch the phone, which the pretended gateway allows nobody.
    const press = (): Promise<void> =>
      keys.evaluate((button: HTMLElement) => {
        button.removeAttribute('aria-disabled');
        button.click();
      });
    await press();
    expect(await keys.getAttribute('aria-pressed')).toBe('true');
    await page.reload();
    await page.locator('ancloud-phone[keys="physical"]').waitFor();
    expect(await keys.getAttribute('aria-pressed')).toBe('true');
    await press();
    await page.locator('ancloud-phone:not([keys])').waitFor();
    expect(await keys.getAttribute('aria-pressed')).toBe('false');
  });

  it('has a player whose buttons are one stop for Tab, and whose watchers type nothing', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'checkout tests' }).click();
    const back = page.getByRole('button', { name: 'Back', exact: true });
    await back.focus();
    await page.keyboard.press('ArrowRight');
    expect(
      await page.evaluate(() =>
        document.activeElement?.shadowRoot?.activeElement?.getAttribute('aria-label'),
      ),
    ).toBe('Home');
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowRight');
    expect(
      await page.evaluate(() =>
        document.activeElement?.shadowRoot?.activeElement?.getAttribute('aria-label'),
      ),
    ).toBe('Back');
    expect(await back.getAttribute('aria-disabled')).toBe('true');
    expect(await page.getByRole('textbox', { name: 'Screen of the phone' }).isDisabled()).toBe(true);
  });

  it('lists who is away for now with who is there, and puts either out', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'support desk' }).click();
    const there = page.getByRole('list', { name: 'Who is there' }).getByRole('listitem');
    const away = there.filter({ hasText: 'Cy' });
    await away.getByText('may touch, away for now').waitFor();
    // The controls go to nobody who is away.
    expect(await away.getByRole('button').allTextContents()).toEqual(['Remove']);
    await wellMade(page);
    await page.getByRole('button', { name: 'Remove Cy, vw_cy' }).click();
    await away.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Remove Ann, vw_ann' }).click();
    await there.filter({ hasText: 'Ann' }).waitFor({ state: 'detached' });
    expect(await page.getByRole('alert').getByText('does not come back').count()).toBe(0);
    await page.getByRole('button', { name: 'Remove vw_whep' }).click();
    const late = 'vw_whep does not come back, but still sees it for some seconds.';
    await page.getByRole('alert').getByText(late).waitFor();
  });
});
