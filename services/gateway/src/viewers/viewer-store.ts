import { isRoleWord, plainKeys, type viewer as protocol } from '@ancloud/contracts';
import { keyOf, luaNow, type Script, type State } from '@ancloud/state';

/** How long a viewer may come back after its connection ended. */
const RESUME_MS = 120_000;
/** A connection that lives says so every 10 s: one that has not for this long is gone, whatever became of its gateway. */
const SEEN_MS = 25_000;
/** Longer than any token is good (1 h): what a revocation must outlive. */
const REVOKED_MS = 2 * 3_600_000;
/** Viewers of one phone that are listed at most. */
const LIST_MAX = 2_000;

/** Whose a viewer is, and what it may. */
export interface KnownViewer {
  readonly phone: string;
  readonly role: protocol.RoleWord;
  readonly owner: string;
}

/** A viewer as it stands under `viewer:{viewer}`. */
export interface JoinedViewer extends KnownViewer {
  /** Where it wants to be served; empty = anywhere. */
  readonly region: string;
}

/** A viewer that may come, or has and may be away for a moment. */
export interface ListedViewer {
  readonly viewer: string;
  readonly role: protocol.RoleWord;
  /** Unix ms of its first join; 0 before. */
  readonly since: number;
  readonly connected: boolean;
  /** Unix ms: until then its token lets it in, which nobody has used yet; 0 once it has come. */
  readonly invitedUntil: number;
}

/** Lua: the list of a phone's viewers stands as long as who stands longest in it. */
const listed = (key: string, ms: string): string => `
redis.call('PEXPIRE', ${key}, ${ms}, 'NX')
redis.call('PEXPIRE', ${key}, ${ms}, 'GT')`;

/** KEYS[1] token, [2] viewer, [3] revoked, [4] viewers of its phone; ARGV viewer, ms, phone, role, owner, jti, region. → 1 may join, 0 it was revoked. */
const makeViewer: Script = {
  name: 'makeViewer',
  lua: `${luaNow}
if redis.call('EXISTS', KEYS[3]) == 1 then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('HSET', KEYS[2], 'phone', ARGV[3], 'role', ARGV[4], 'owner', ARGV[5], 'jti', ARGV[6], 'region', ARGV[7])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
redis.call('ZADD', KEYS[4], string.format('%.0f', now + tonumber(ARGV[2])), ARGV[1])
${listed('KEYS[4]', 'ARGV[2]')}
return 1`,
};

/**
 * KEYS[1] viewer; ARGV digest of the secret shown, digest of the next, connection, ms.
 * → {phone, role, owner, region} when the secret is the current one, else {}.
 */
const rotateResume: Script = {
  name: 'rotateResume',
  lua: `
local h = redis.call('HMGET', KEYS[1], 'digest', 'phone', 'role', 'owner', 'region')
if not h[1] or h[1] ~= ARGV[1] then return {} end
redis.call('HSET', KEYS[1], 'digest', ARGV[2], 'connection', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return {h[2], h[3], h[4], h[5] or ''}`,
};

/** Lua, of `admitViewer` and `keepViewer`, which have the same keys and arguments at the same places. */
const keep = `
local c = redis.call('HGET', KEYS[1], 'connection')
if c and c ~= ARGV[2] then return 0 end
if not c then
  redis.call('HSET', KEYS[1], 'phone', ARGV[4], 'role', ARGV[5], 'owner', ARGV[6], 'digest', ARGV[7], 'connection', ARGV[2], 'region', ARGV[8])
end
local seen = string.format('%.0f', now)
redis.call('HSETNX', KEYS[1], 'since', seen)
redis.call('HSET', KEYS[1], 'seen', seen)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('ZADD', KEYS[2], string.format('%.0f', now + tonumber(ARGV[3])), ARGV[1])
${listed('KEYS[2]', 'ARGV[3]')}
return 1`;

/**
 * KEYS[1] viewer, [2] viewers of its phone, [3] revoked; ARGV viewer, connection, ms, phone, role, owner, digest, region.
 * → 1 the viewer is this connection's and lives on, 0 it is another's, -1 it was revoked.
 * What is missing is written (back): a Redis that was emptied interrupts nobody.
 */
const keepViewer: Script = {
  name: 'keepViewer',
  lua: `${luaNow}
if redis.call('EXISTS', KEYS[3]) == 1 then return -1 end
${keep}`,
};

/** Uses KEYS[4], a token, up and begins the viewer's connection; the rest, and what it answers, as `keepViewer`. → -2 the token was used before. */
const admitViewer: Script = {
  name: 'admitViewer',
  lua: `${luaNow}
local taken = redis.call('DEL', KEYS[4])
if redis.call('EXISTS', KEYS[3]) == 1 then return -1 end
if taken == 0 then return -2 end
${keep}`,
};

/** KEYS[1] viewer, [2] viewers of its phone; ARGV viewer, connection, '1' = for good. A connection that is not the viewer's says nothing. */
const leaveViewer: Script = {
  name: 'leaveViewer',
  lua: `
if redis.call('HGET', KEYS[1], 'connection') ~= ARGV[2] then return 0 end
if ARGV[3] ~= '1' then return redis.call('HSET', KEYS[1], 'seen', '0') end
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('DEL', KEYS[1])`,
};

/** KEYS[1] viewer, [2] viewers of its phone, [3] revoked, [4] token; ARGV viewer, ms, what stands under [3]. */
const revokeViewer: Script = {
  name: 'revokeViewer',
  lua: `
redis.call('SET', KEYS[3], ARGV[3], 'PX', ARGV[2])
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('DEL', KEYS[1], KEYS[4])`,
};

/** KEYS[1] viewers of a phone; ARGV most. → id and time of each who is there, may come back, or may come. */
const listViewers: Script = {
  name: 'listViewers',
  lua: `${luaNow}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
return redis.call('ZRANGE', KEYS[1], 0, tonumber(ARGV[1]) - 1, 'WITHSCORES')`,
};

/** What `keep` answers. */
function standing(answer: unknown): 'kept' | 'elsewhere' | 'revoked' {
  return answer === 1 ? 'kept' : answer === 0 ? 'elsewhere' : 'revoked';
}

const viewerKey = (viewer: string): string => keyOf(plainKeys.viewer.template, { viewer });
const revokedKey = (viewer: string): string => keyOf(plainKeys.viewerRevoked.template, { viewer });
const tokenKey = (token: string): string => keyOf(plainKeys.viewerToken.template, { token });
const listKey = (phone: string): string => keyOf(plainKeys.phoneViewers.template, { phone });

/** Viewers, their single-use tokens and rotating resume secrets. Only digests and ids are kept. Errors: UNAVAILABLE_STATE. */
export class ViewerStore {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  /** Makes a token usable once within `ttlMs`, also again after a join that failed. A revoked viewer gets none. */
  async putToken(
    jti: string,
    viewer: string,
    { phone, role, owner, region }: JoinedViewer,
    ttlMs: number,
  ): Promise<void> {
    await this.#state.script(
      makeViewer,
      [tokenKey(jti), viewerKey(viewer), revokedKey(viewer), listKey(phone)],
      [viewer, Math.max(1, Math.round(ttlMs)), phone, role, owner, jti, region],
    );
  }

  /**
   * Uses a token up and begins the viewer's connection, as `keep` does, at once: a crowd that joins makes few round trips. `used`: the
   * token was used before.
   */
  async admit(
    jti: string,
    viewer: string,
    { phone, role, owner, region }: JoinedViewer,
    digest: string,
    connection: string,
  ): Promise<'kept' | 'elsewhere' | 'revoked' | 'used'> {
    const answer = await this.#state.script(
      admitViewer,
      [viewerKey(viewer), listKey(phone), revokedKey(viewer), tokenKey(jti)],
      [viewer, connection, RESUME_MS, phone, role, owner, digest, region],
    );
    return answer === -2 ? 'used' : standing(answer);
  }

  /** Swaps the secret; undefined when `digest` is not the current one. */
  async rotate(
    viewer: string,
    digest: string,
    next: string,
    connection: string,
  ): Promise<JoinedViewer | undefined> {
    const answer = (await this.#state.script(
      rotateResume,
      [viewerKey(viewer)],
      [digest, next, connection, RESUME_MS],
    )) as string[];
    const [phone, role, owner, region = ''] = answer;
    if (phone === undefined || owner === undefined || !isRoleWord(role)) return undefined;
    return { phone, role, owner, region };
  }

  /**
   * Says that a viewer's connection lives: it may come back for two more minutes, or stands for `ms` where no
   * connection tells of it.
   */
  async keep(
    viewer: string,
    { phone, role, owner, region }: JoinedViewer,
    digest: string,
    connection: string,
    ms: number = RESUME_MS,
  ): Promise<'kept' | 'elsewhere' | 'revoked'> {
    const answer = await this.#state.script(
      keepViewer,
      [viewerKey(viewer), listKey(phone), revokedKey(viewer)],
      [viewer, connection, ms, phone, role, owner, digest, region],
    );
    return standing(answer);
  }

  /** It is there, by the word of who serves it: it stands for `ms` more. One that was forgotten is not known again. */
  async stand(viewer: string, phone: string, ms: number): Promise<void> {
    const until = (await this.#state.now()) + ms;
    const [key, list] = [viewerKey(viewer), listKey(phone)];
    await this.#state.run('keeping a viewer', (redis) =>
      redis.multi().pexpire(key, ms).zadd(list, 'XX', until, viewer).pexpire(list, ms, 'GT').exec(),
    );
  }

  /** The connection ended: the viewer may come back. */
  async rest(viewer: string, phone: string, connection: string): Promise<void> {
    await this.#state.script(leaveViewer, [viewerKey(viewer), listKey(phone)], [viewer, connection, '0']);
  }

  /** The viewer left for good: no resume. */
  async forget(viewer: string, phone: string, connection: string): Promise<void> {
    await this.#state.script(leaveViewer, [viewerKey(viewer), listKey(phone)], [viewer, connection, '1']);
  }

  /** The viewer's session was ended by its own token, whatever made it. */
  async end(viewer: string, phone: string): Promise<void> {
    await this.#state.run('forgetting a viewer', async (redis) => {
      await redis.multi().zrem(listKey(phone), viewer).del(viewerKey(viewer)).exec();
    });
  }

  /** A viewer that was made, has joined or was revoked; undefined when there is none, or it is forgotten. */
  async read(viewer: string): Promise<KnownViewer | undefined> {
    const [fields, revoked] = await this.#state.run('reading a viewer', (redis) =>
      Promise.all([redis.hmget(viewerKey(viewer), 'phone', 'role', 'owner'), redis.get(revokedKey(viewer))]),
    );
    const [phone, role, owner] = revoked === null ? fields : (JSON.parse(revoked) as string[]);
    if (typeof phone !== 'string' || typeof owner !== 'string' || !isRoleWord(role)) return undefined;
    return { phone, role, owner };
  }

  async isRevoked(viewer: string): Promise<boolean> {
    return (
      (await this.#state.run('asking for a revocation', (redis) => redis.exists(revokedKey(viewer)))) === 1
    );
  }

  /** Neither token nor resume secret lets the viewer in again, nor does a join that is under way. May be repeated. */
  async revoke(viewer: string, { phone, role, owner }: KnownViewer): Promise<void> {
    const jti = await this.#state.run('reading a viewer', (redis) => redis.hget(viewerKey(viewer), 'jti'));
    await this.#state.script(
      revokeViewer,
      // A viewer that has joined has used its token up: then any key that is none will do.
      [viewerKey(viewer), listKey(phone), revokedKey(viewer), tokenKey(jti ?? viewer)],
      [viewer, REVOKED_MS, JSON.stringify([phone, role, owner])],
    );
  }

  /** Who is there, or was within the last two minutes, by the time of joining; then who was made and has not come yet. */
  async list(phone: string): Promise<ListedViewer[]> {
    const found = (await this.#state.script(listViewers, [listKey(phone)], [LIST_MAX])) as string[];
    if (found.length === 0) return [];
    const ids = found.filter((_, index) => index % 2 === 0);
    const now = await this.#state.now();
    const rows = await this.#state.run('reading viewers', (redis) =>
      Promise.all(ids.map((id) => redis.hmget(viewerKey(id), 'role', 'since', 'seen'))),
    );
    return rows
      .flatMap(([role, since, seen], index) =>
        isRoleWord(role)
          ? [
              {
                viewer: ids[index] ?? '',
                role,
                since: Number(since),
                connected: now - Number(seen) < SEEN_MS,
                invitedUntil: since === null ? Number(found[2 * index + 1]) : 0,
              },
            ]
          : [],
      )
      .toSorted(
        (a, b) => a.invitedUntil - b.invitedUntil || a.since - b.since || (a.viewer < b.viewer ? -1 : 1),
      );
  }
}
