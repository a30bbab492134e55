import { isRoleWord, plainKeys, type viewer as protocol } from '@ancloud/contracts';
import { keyOf, type State } from '@ancloud/state';
import {
  admitViewer,
  endViewer,
  keepViewer,
  leaveViewer,
  listViewers,
  makeViewer,
  revokeViewer,
  rotateResume,
  standViewer,
} from './viewer-scripts.js';

/** How long a viewer may come back after its connection ended. */
const RESUME_MS = 120_000;
/** A connection that lives says so every 10 s: one that has not for this long is gone, whatever became of its gateway. */
const SEEN_MS = 25_000;
/** Longer than a word of its presence is under way. */
const ENDED_MS = 60_000;
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
  /** To the low layer. */
  readonly pinned: boolean;
}

/** A viewer that may come, or has and may be away for a moment. */
export interface ListedViewer {
  readonly viewer: string;
  readonly role: protocol.RoleWord;
  /** Unix ms of its first join; 0 before. */
  readonly since: number;
  readonly connected: boolean;
  readonly pinned: boolean;
  /** Unix ms: until then its token lets it in, which nobody has used yet; 0 once it has come. */
  readonly invitedUntil: number;
}

/** What `keep` answers. */
function standing(answer: unknown): 'kept' | 'elsewhere' | 'revoked' {
  return answer === 1 ? 'kept' : answer === 0 ? 'elsewhere' : 'revoked';
}

/** In the field `pinned`; anything else there: it is not. */
const PINNED = '1';
/** As the scripts take them. */
const fieldsOf = ({ phone, role, owner, region, pinned }: JoinedViewer): string[] => [
  phone,
  role,
  owner,
  region,
  pinned ? PINNED : '',
];

const viewerKey = (viewer: string): string => keyOf(plainKeys.viewer.template, { viewer });
const endedKey = (viewer: string): string => keyOf(plainKeys.viewerEnded.template, { viewer });
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
  async putToken(jti: string, viewer: string, joined: JoinedViewer, ttlMs: number): Promise<void> {
    await this.#state.script(
      makeViewer,
      [tokenKey(jti), viewerKey(viewer), revokedKey(viewer), listKey(joined.phone)],
      [viewer, Math.max(1, Math.round(ttlMs)), ...fieldsOf(joined), jti],
    );
  }

  /**
   * Uses a token up and begins the viewer's connection, as `keep` does, at once: a crowd that joins makes few round trips. `used`: the
   * token was used before.
   */
  async admit(
    jti: string,
    viewer: string,
    joined: JoinedViewer,
    digest: string,
    connection: string,
  ): Promise<'kept' | 'elsewhere' | 'revoked' | 'used'> {
    const answer = await this.#state.script(
      admitViewer,
      [viewerKey(viewer), listKey(joined.phone), revokedKey(viewer), tokenKey(jti)],
      [viewer, connection, RESUME_MS, ...fieldsOf(joined), digest],
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
    const [phone, role, owner, region = '', pinned] = answer;
    if (phone === undefined || owner === undefined || !isRoleWord(role)) return undefined;
    return { phone, role, owner, region, pinned: pinned === PINNED };
  }

  /**
   * Says that a viewer's connection lives: it may come back for two more minutes, or stands for `ms` where no
   * connection tells of it.
   */
  async keep(
    viewer: string,
    joined: JoinedViewer,
    digest: string,
    connection: string,
    ms: number = RESUME_MS,
  ): Promise<'kept' | 'elsewhere' | 'revoked'> {
    const answer = await this.#state.script(
      keepViewer,
      [viewerKey(viewer), listKey(joined.phone), revokedKey(viewer)],
      [viewer, connection, ms, ...fieldsOf(joined), digest],
    );
    return standing(answer);
  }

  /**
   * It is there, by the word of who serves it: it stands for `ms` more, and is known again when a Redis that was emptied has forgotten it;
   * not when it was ended (`end`), nor when nobody says whose it is. False: its right was taken back.
   */
  async stand(viewer: string, served: Omit<JoinedViewer, 'region'>, ms: number): Promise<boolean> {
    const answer = await this.#state.script(
      standViewer,
      [viewerKey(viewer), listKey(served.phone), revokedKey(viewer), endedKey(viewer)],
      // Its region has seated it already.
      [viewer, ms, ...fieldsOf({ ...served, region: '' })],
    );
    return answer === 1;
  }

  /** The connection ended: the viewer may come back. */
  async rest(viewer: string, phone: string, connection: string): Promise<void> {
    await this.#state.script(leaveViewer, [viewerKey(viewer), listKey(phone)], [viewer, connection, '0']);
  }

  /** The viewer left for good: no resume. */
  async forget(viewer: string, phone: string, connection: string): Promise<void> {
    await this.#state.script(leaveViewer, [viewerKey(viewer), listKey(phone)], [viewer, connection, '1']);
  }

  /** The viewer's session was ended by its own token, whatever made it. What is still under way of its presence makes nothing of it again. */
  async end(viewer: string, phone: string): Promise<void> {
    const keys = [viewerKey(viewer), listKey(phone), endedKey(viewer)];
    await this.#state.script(endViewer, keys, [viewer, ENDED_MS]);
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
      Promise.all(ids.map((id) => redis.hmget(viewerKey(id), 'role', 'since', 'seen', 'pinned'))),
    );
    return rows
      .flatMap(([role, since, seen, pinned], index) =>
        isRoleWord(role)
          ? [
              {
                viewer: ids[index] ?? '',
                role,
                since: Number(since),
                pinned: pinned === PINNED,
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
