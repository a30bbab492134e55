import { plainKeys } from '@ancloud/contracts';
import { keyOf, type State } from '@ancloud/state';

/** Characters of a name at most. */
export const VIEWER_NAME_LENGTH = 63;
/** A day longer than the audit's lines, which tell of viewers that are long gone. */
const KEEP_MS = 31 * 86_400_000;
/** Names that are asked for at once. */
const AT_ONCE = 500;

const keyFor = (viewer: string): string => keyOf(plainKeys.viewerName.template, { viewer });

/** What people are shown for viewers. Beside the viewers, since it outlives them. Errors: UNAVAILABLE_STATE. */
export class ViewerNames {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  async keep(viewer: string, name: string): Promise<void> {
    await this.#state.run('naming a viewer', (redis) => redis.set(keyFor(viewer), name, 'PX', KEEP_MS));
  }

  /** Of those that have one. */
  async of(viewers: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const wanted = [...new Set(viewers)].filter((viewer) => viewer !== '');
    const parts = Array.from({ length: Math.ceil(wanted.length / AT_ONCE) }, (_, index) =>
      wanted.slice(index * AT_ONCE, (index + 1) * AT_ONCE),
    );
    const found = await this.#state.run('reading the names of viewers', (redis) =>
      Promise.all(parts.map((part) => redis.mget(part.map((viewer) => keyFor(viewer))))),
    );
    return new Map(
      found.flat().flatMap((name, index) => (name === null ? [] : [[wanted[index] ?? '', name] as const])),
    );
  }
}
