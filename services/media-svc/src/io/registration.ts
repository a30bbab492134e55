import { plainKeys, records } from '@ancloud/contracts';
import type { MediaRecord } from '@ancloud/contracts/state/v1/state';
import type { Log } from '@ancloud/kit';
import { recordsOf, type State } from '@ancloud/state';

const REFRESH_MS = 5_000;

/** Keeps `media:{id}` alive, so that gateways find this instance and its load. Owned by main; ends by `close`. */
export class Registration {
  readonly #timer: NodeJS.Timeout;
  readonly #state: State;
  readonly #id: string;

  private constructor(state: State, id: string, timer: NodeJS.Timeout) {
    this.#state = state;
    this.#id = id;
    this.#timer = timer;
  }

  /** Registers now and each 5 s; `describe` gives the load at that moment. Errors: UNAVAILABLE_STATE the first time. */
  static async create(
    state: State,
    id: string,
    describe: () => MediaRecord,
    log: Log,
  ): Promise<Registration> {
    const media = recordsOf(state, records.media);
    const write = async (): Promise<void> => {
      await media.set({ media: id }, describe());
      await state.run('listing this media-svc', (redis) => redis.sadd(plainKeys.medias.template, id));
    };
    await write();
    const timer = setInterval(() => {
      write().catch((error: unknown) =>
        log.warn({ err: error }, 'this media-svc could not be registered; trying again'),
      );
    }, REFRESH_MS);
    return new Registration(state, id, timer);
  }

  /** No new viewers are sent here from now on. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#state
      .run('removing this media-svc', async (redis) => {
        await redis.del(records.media.template.replace('{media}', this.#id));
        await redis.srem(plainKeys.medias.template, this.#id);
      })
      .catch(() => undefined);
  }
}
