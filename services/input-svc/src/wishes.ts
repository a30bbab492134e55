import type { ErrorCode, viewer as protocol } from '@ancloud/contracts';
import { Rate } from '@ancloud/kit';
import { actorOf, type Controls } from './controls.js';
import type { Notices } from './io/notices.js';

const WISHES_PER_SECOND = 2;
const WISHES_BURST = 10;

export interface WishesOptions {
  readonly controls: Controls;
  readonly notices: Notices;
  /** Of a viewer that is here. */
  readonly roleOf: (viewer: string) => protocol.RoleWord | undefined;
  /** A wish was not granted. */
  readonly refused: () => void;
}

/** What the viewers of one phone say in so many words about its controls: that they want them, give them up, hand them over. */
export class Wishes {
  readonly #options: WishesOptions;
  /** How often each viewer may ask for the controls or give them up. */
  readonly #rates = new Map<string, Rate>();

  constructor(options: WishesOptions) {
    this.#options = options;
  }

  wish(
    viewer: string,
    role: protocol.RoleWord,
    { want, to }: { readonly want: boolean; readonly to: string },
  ): void {
    const { controls, notices, roleOf } = this.#options;
    const now = performance.now();
    // Each may be told to everybody who watches: only as many as a hand can mean.
    let rate = this.#rates.get(viewer);
    if (rate === undefined) this.#rates.set(viewer, (rate = new Rate(WISHES_PER_SECOND, WISHES_BURST, now)));
    if (!rate.take(now)) return this.#refuse(viewer, 'RATE_LIMITED', 'the controls are asked for too often');
    if (want) {
      if (controls.decide({ type: 'wants', now, ...actorOf(viewer, role) }, 'asked'))
        notices.control(viewer, controls.holder, controls.asking);
      else this.#refuse(viewer, 'CONTROL_NOT_HELD', 'too many wait for the controls already');
      return;
    }
    if (to === '') return void controls.decide({ type: 'leaves', viewer, now }, 'gave them up');
    const receiver = roleOf(to);
    if (receiver === undefined || receiver === 'watch')
      return this.#refuse(
        viewer,
        receiver === undefined ? 'VIEWER_NOT_FOUND' : 'FORBIDDEN',
        receiver === undefined ? `there is no viewer ${to} here` : `viewer ${to} only watches`,
      );
    const gives = { type: 'gives', viewer, to: actorOf(to, receiver), now } as const;
    if (!controls.decide(gives, `handed over by ${viewer}`))
      this.#refuse(viewer, 'CONTROL_NOT_HELD', 'only who holds the controls can hand them over');
  }

  #refuse(viewer: string, code: ErrorCode, why: string): void {
    this.#options.refused();
    this.#options.notices.refused(viewer, code, why);
  }

  gone(viewer: string): void {
    this.#rates.delete(viewer);
  }
}
