import { describe, expect, it } from 'vitest';
import { wellMade, withConsole } from './console-page.js';

/** Macros on a phone's page, against a pretended gateway that refuses taps outside of the picture. */
describe('macros', () => {
  const at = withConsole();

  it('are written as JSON; what is wrong is told and shown, and what was written stays', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'support desk' }).click();
    await page.getByRole('button', { name: 'Write one' }).click();
    const dialog = page.getByRole('dialog', { name: 'New macro' });
    const steps = dialog.getByRole('textbox', { name: 'Steps' });
    const keep = dialog.getByRole('button', { name: 'Keep' });
    const alert = dialog.getByRole('alert');
    await dialog.getByRole('textbox', { name: 'Name' }).fill('sign in');
    await steps.fill('[{"key":{"keycode":66}},');
    await keep.click();
    await alert.getByText('INVALID_ARGUMENT · steps').waitFor();
    const bad = '[{"key":{"keycode":66}},\n {"tap":{"at":{"x":1.5,"y":0.5}}}]';
    await steps.fill(bad);
    await keep.click();
    await alert.getByText('INVALID_ARGUMENT · steps.1.tap.at.x').waitFor();
    await wellMade(page);
    await dialog.getByRole('button', { name: 'Show step 2' }).click();
    const marked = await steps.evaluate((area: HTMLTextAreaElement) =>
      area.value.slice(area.selectionStart, area.selectionEnd),
    );
    expect(marked).toBe('{"tap":{"at":{"x":1.5,"y":0.5}}}');
    expect(await steps.inputValue()).toBe(bad);
    await steps.fill(bad.replace('1.5', '0.5'));
    await keep.click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Edit sign in' }).click();
    const edit = page.getByRole('dialog', { name: 'Edit macro' });
    const kept = await edit.getByRole('textbox', { name: 'Steps' }).inputValue();
    expect(JSON.parse(kept)).toEqual(JSON.parse(bad.replace('1.5', '0.5')));
    await edit.getByRole('textbox', { name: 'Name' }).fill('sign in twice');
    await edit.getByRole('button', { name: 'Keep' }).click();
    await page.getByRole('button', { name: 'Play sign in twice' }).waitFor();
  });

  it('that somebody else changes while they are edited are not lost, nor is what was written', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'support desk' }).click();
    await page.getByRole('button', { name: 'Write one' }).click();
    const dialog = page.getByRole('dialog');
    const name = dialog.getByRole('textbox', { name: 'Name' });
    const steps = dialog.getByRole('textbox', { name: 'Steps' });
    const keep = dialog.getByRole('button', { name: 'Keep' });
    await name.fill('shared');
    const made = page.waitForResponse((response) => response.request().method() === 'POST');
    await keep.click();
    const { macroId } = (await (await made).json()) as { macroId: string };
    const url = new URL(`/v1/macros/${macroId}`, page.url()).href;
    const stands = async (): Promise<unknown> => (await page.request.get(url)).json();
    const others = async (keycode: number): Promise<void> => {
      const data = { name: 'theirs', steps: [{ key: { keycode } }] };
      expect((await page.request.patch(url, { data })).status()).toBe(200);
    };
    const mine = '[{"key":{"keycode":3}}]';
    await page.getByRole('button', { name: 'Edit shared' }).click();
    await steps.fill(mine);
    await others(24);
    await keep.click();
    await dialog.getByText('Somebody else has changed this macro meanwhile.').waitFor();
    await wellMade(page);
    expect([await name.inputValue(), await steps.inputValue()]).toEqual(['shared', mine]);
    expect(await stands()).toMatchObject({ name: 'theirs', steps: [{ key: { keycode: 24 } }] });
    await dialog.getByRole('button', { name: 'Show theirs instead' }).click();
    await dialog.getByRole('alert').waitFor({ state: 'detached' });
    expect(await name.inputValue()).toBe('theirs');
    expect(JSON.parse(await steps.inputValue())).toEqual([{ key: { keycode: 24 } }]);
    await steps.fill(mine);
    await others(25);
    await keep.click();
    await dialog.getByRole('alert').waitFor();
    await keep.click();
    await dialog.waitFor({ state: 'detached' });
    expect(await stands()).toMatchObject({ name: 'theirs', steps: [{ key: { keycode: 3 } }] });
  });

  it('take places, colours and parts for texts from the phone’s screen', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'support desk' }).click();
    await page.getByRole('button', { name: 'Write one' }).click();
    const dialog = page.getByRole('dialog', { name: 'New macro' });
    const steps = dialog.getByRole('textbox', { name: 'Steps' });
    await steps.fill('[]');
    await dialog.getByText('Take a step from the screen').click();
    const screen = dialog.getByRole('img', { name: 'Screen of the phone, to be picked from' });
    await page.waitForFunction(
      () => (document.querySelector<HTMLCanvasElement>('.picker canvas')?.height ?? 0) > 150,
    );
    await wellMade(page);
    const at4 = (share: number): unknown => expect.closeTo(share, 2);
    /** Each time anew: whatever is clicked beside it scrolls the window. */
    const move = async (x: number, y: number): Promise<void> => {
      await screen.scrollIntoViewIfNeeded();
      const box = await screen.boundingBox();
      if (box === null) throw new Error('there is no screen to pick from');
      await page.mouse.move(box.x + box.width * x, box.y + box.height * y);
    };
    await move(0.5, 0.25);
    await page.mouse.down();
    await page.mouse.up();
    await dialog.getByRole('button', { name: 'Tap here' }).click();
    await dialog.getByRole('button', { name: /^Wait for #[0-9a-f]{6}$/ }).click();
    await move(0.1, 0.6);
    await page.mouse.down();
    await move(0.9, 0.8);
    await page.mouse.up();
    await dialog.getByRole('textbox', { name: 'Text that comes there' }).fill('Welcome');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelector('textarea')?.value.includes('Welcome'));
    const place = { x: at4(0.5), y: at4(0.25) };
    expect(JSON.parse(await steps.inputValue())).toEqual([
      { tap: { at: place } },
      { waitForPixel: { at: place, color: expect.stringMatching(/^#[0-9a-f]{6}$/) } },
      {
        waitForText: {
          text: 'Welcome',
          region: { x: at4(0.1), y: at4(0.6), width: at4(0.8), height: at4(0.2) },
        },
      },
    ]);
  });

  it('are played at the speed and as often as is wished', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'support desk' }).click();
    await page.getByRole('button', { name: 'Write one' }).click();
    const dialog = page.getByRole('dialog', { name: 'New macro' });
    await dialog.getByRole('textbox', { name: 'Name' }).fill('greet');
    await dialog.getByRole('button', { name: 'Keep' }).click();
    await page.getByRole('textbox', { name: 'Speed' }).fill('2.5');
    await page.getByRole('textbox', { name: 'Rounds' }).fill('3');
    const asked = page.waitForRequest((request) => request.url().endsWith('/macro/play'));
    await page.getByRole('button', { name: 'Play greet' }).click();
    expect((await asked).postDataJSON()).toMatchObject({ speed: 2.5, loops: 3, takeOver: true });
    await page.getByRole('status').getByText('greet: is played, 0 of 3 rounds').waitFor();
    await wellMade(page);
  });
});
