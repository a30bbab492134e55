import { plainKeys } from '@ancloud/contracts';
import { keyOf, type Script, type State } from '@ancloud/state';

/** How long a viewer may come back after its connection ended. */
const RESUME_MS = 120_000;

/** A viewer that has joined, as it stands under `viewer-resume:{viewer}`. */
export interface JoinedViewer {
  readonly phone: string;
  readonly role: 'watch' | 'control';
  readonly owner: string;
}

/**
 * KEYS[1] viewer; ARGV digest of the secret shown, digest of the next, connection, ms.
 * → {phone, role, owner, digest before} when the secret is the current one, else {}.
 */
const rotateResume: Script = {
  name: 'rotateResume',
  lua: `
local h = redis.call('HMGET', KEYS[1], 'digest', 'phone', 'role', 'owner')
if not h[1] or h[1] ~= ARGV[1] then return {} end
redis.call('HSET', KEYS[1], 'digest', ARGV[2], 'connection', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return {h[2], h[3], h[4]}`,
};

/** KEYS[1] viewer; ARGV connection, ms. → 1 the viewer is this connection's and lives on, 0 it is another's or gone. */
const keepResume: Script = {
  name: 'keepResume',
  lua: `
if redis.call('HGET', KEYS[1], 'connection') ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`,
};

/** KEYS[1] viewer; ARGV connection. → 1 forgotten. */
const forgetResume: Script = {
  name: 'forgetResume',
  lua: `
if redis.call('HGET', KEYS[1], 'connection') ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`,
};

/** Single-use tokens and rotating resume secrets. Only digests and ids are kept. Errors: UNAVAILABLE_STATE. */
export class ViewerStore {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  /** Makes a token usable once within `ttlMs`. */
  async putToken(jti: string, viewer: string, ttlMs: number): Promise<void> {
    const key = keyOf(plainKeys.viewerToken.template, { token: jti });
    await this.#state.run('keeping a viewer token', (redis) =>
      redis.set(key, viewer, 'PX', Math.max(1, ttlMs)),
    );
  }

  /** Uses a token up. False = it was used before, or revoked. */
  async takeToken(jti: string): Promise<boolean> {
    const key = keyOf(plainKeys.viewerToken.template, { token: jti });
    return (await this.#state.run('using a viewer token', (redis) => redis.getdel(key))) !== null;
  }

  async begin(viewer: string, joined: JoinedViewer, digest: string, connection: string): Promise<void> {
    const key = keyOf(plainKeys.viewerResume.template, { viewer });
    await this.#state.run('keeping a resume secret', async (redis) => {
      await redis
        .multi()
        .hset(key, { ...joined, digest, connection })
        .pexpire(key, RESUME_MS)
        .exec();
    });
  }

  /** Swaps the secret; undefined when `digest` is not the current one. */
  async rotate(
    viewer: string,
    digest: string,
    next: string,
    connection: string,
  ): Promise<JoinedViewer | undefined> {
    const key = keyOf(plainKeys.viewerResume.template, { viewer });
    const answer = (await this.#state.script(
      rotateResume,
      [key],
      [digest, next, connection, RESUME_MS],
    )) as string[];
    const [phone, role, owner] = answer;
    if (phone === undefined || owner === undefined || (role !== 'watch' && role !== 'control'))
      return undefined;
    return { phone, role, owner };
  }

  /** The secret stays valid for two more minutes. False = the viewer has joined by another connection. */
  async keep(viewer: string, connection: string): Promise<boolean> {
    const key = keyOf(plainKeys.viewerResume.template, { viewer });
    return (await this.#state.script(keepResume, [key], [connection, RESUME_MS])) === 1;
  }

  /** The viewer left for good: no resume. */
  async forget(viewer: string, connection: string): Promise<void> {
    const key = keyOf(plainKeys.viewerResume.template, { viewer });
    await this.#state.script(forgetResume, [key], [connection]);
  }
}
