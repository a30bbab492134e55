import type { Browser } from './browser.js';
import type { Farm } from './farm.js';
import { Unharmed } from './unharmed.js';
import type { ViewerPage } from './viewer-page.js';

/** Somebody who watches a phone, on which Motion runs, while another does what must not harm them. */
export class Bystander {
  readonly #unharmed: Unharmed;
  /** What they watch by. */
  readonly viewer: ViewerPage;

  private constructor(viewer: ViewerPage, unharmed: Unharmed) {
    this.viewer = viewer;
    this.#unharmed = unharmed;
  }

  static async watch(browser: Browser, farm: Farm, phoneId: string): Promise<Bystander> {
    const viewer = await browser.watch(farm, phoneId, 'watch');
    await viewer.firstFrame();
    return new Bystander(viewer, await Unharmed.since(farm));
  }

  /** Waits until their picture has gone on. Answers what they saw beside it since it began, and what of the farm was started again. */
  async noticed(): Promise<string[]> {
    const { value } = await this.viewer.patternWhere(({ kind }) => kind === 'motion');
    await this.viewer.patternWhere((pattern) => pattern.kind === 'motion' && pattern.value > value + 60);
    const states = (await this.viewer.events('state')).map(({ detail }) => String(detail['state']));
    return [...states.slice(states.indexOf('live') + 1), ...(await this.#unharmed.startedAgain())];
  }
}
