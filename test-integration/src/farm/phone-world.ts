import { afterAll, beforeAll, inject } from 'vitest';
import { Browser } from '../harness/browser.js';
import { Farm, type Phone } from '../harness/farm.js';

/** What each test of a file has: the tier's farm, a phone of it that can be watched, and a browser. */
export interface PhoneWorld {
  readonly farm: Farm;
  readonly phone: Phone;
  readonly browser: Browser;
  /** Brings one of the reference guest's apps to the phone's front. */
  readonly open: (app: string) => Promise<string>;
}

/** For a whole file: a phone and a browser of its own, which end with it. */
export function withPhone(): PhoneWorld {
  const farm = new Farm(inject('farm'));
  const open = (app: string): Promise<string> =>
    farm.shell(given.phone.phoneId, `am start -n com.ancloud.${app}/.MainActivity`);
  // Filled by the hooks, which run before any test looks.
  const given = { farm, open } as { -readonly [K in keyof PhoneWorld]: PhoneWorld[K] };
  beforeAll(async () => {
    given.browser = await Browser.start();
    given.phone = await farm.create();
    await farm.viewable(given.phone.phoneId);
  });
  afterAll(async () => {
    await given.browser?.close();
    if (given.phone !== undefined) await farm.delete(given.phone.phoneId);
  });
  return given;
}
