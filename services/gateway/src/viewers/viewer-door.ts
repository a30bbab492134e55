import { idPattern } from '@ancloud/contracts';
import { type Desired, Wanted } from '@ancloud/contracts/common/v1/common';
import { AppError, randomSecret, type Clock } from '@ancloud/kit';
import { newId } from '../api/ids.js';
import { digestOf } from '../auth/authenticator.js';
import { phoneNotFound, viewerRevoked } from '../errors.js';
import type { FarmFacts } from '../farm/farm-facts.js';
import type { IdlePhones } from '../phones/idle-phones.js';
import type { JoinData } from '../signal/core/frames.js';
import type { TokenSigner } from './token.js';
import type { JoinedViewer, ViewerStore } from './viewer-store.js';

/** A viewer that was let in. Owned by its connection, which ends it by `leave` or lets it run out. */
export interface Admission extends JoinedViewer {
  readonly viewer: string;
  /** This one, among those that the viewer comes and comes back by. */
  readonly connection: string;
  /** The next resume secret, to be told to the viewer once. */
  readonly resume: string;
  /** Gives the credential back after a join that failed for a reason of ours. Never throws. */
  giveBack(): Promise<void>;
  /** Keeps the resume secret valid. Unless it is `kept` this connection is to end: the viewer came back by another one, or was revoked. Without a connection that would say so again, it stands for `ms`. */
  keep(ms?: number): ReturnType<ViewerStore['keep']>;
  /** The connection ended; the viewer may come back. Never throws. */
  rest(): Promise<void>;
  /** The viewer left for good. */
  leave(): Promise<void>;
}

const SECRET_MAX_LENGTH = 128;

/** Lets viewers in: by a token, once; or by the current resume secret, which is thereby replaced. */
export class ViewerDoor {
  readonly #signer: TokenSigner;
  readonly #store: ViewerStore;
  readonly #facts: FarmFacts;
  readonly #idle: Pick<IdlePhones, 'wake'>;
  readonly #clock: Clock;

  constructor(parts: {
    readonly signer: TokenSigner;
    readonly store: ViewerStore;
    readonly facts: FarmFacts;
    readonly idle: Pick<IdlePhones, 'wake'>;
    readonly clock: Clock;
  }) {
    this.#signer = parts.signer;
    this.#store = parts.store;
    this.#facts = parts.facts;
    this.#idle = parts.idle;
    this.#clock = parts.clock;
  }

  /** Errors: TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_USED, VIEWER_REVOKED, PHONE_NOT_FOUND, UNAVAILABLE_STATE. */
  async admit(join: JoinData): Promise<Admission> {
    return join.kind === 'token' ? this.#byToken(join.token) : this.#byResume(join.viewer, join.resume);
  }

  async #byToken(token: string): Promise<Admission> {
    const { viewer, phone, role, owner, region, pinned, jti, exp } = await this.#signer.verify(
      token,
      this.#clock.now(),
    );
    const secret = randomSecret();
    const connection = newId('cn');
    const joined = { phone, role, owner, region, pinned };
    const giveBack = async (): Promise<void> => {
      await this.#store.forget(viewer, phone, connection);
      await this.#store.putToken(jti, viewer, joined, exp * 1000 - this.#clock.now());
    };
    // Asked together, answered in one round trip; who may not come in is told of the token first.
    const wish = this.#facts.desired(phone);
    wish.catch(() => undefined);
    const standing = await this.#store.admit(jti, viewer, joined, digestOf(secret), connection);
    if (standing === 'used')
      throw new AppError('TOKEN_USED', "the viewer's token was used before", {
        field: 'token',
        fix: 'reconnect with the resume secret, or ask for a new viewer',
      });
    if (standing !== 'kept') throw viewerRevoked(viewer);
    try {
      await this.#requirePhone(joined, await wish);
    } catch (error) {
      await giveBack().catch(() => {});
      throw error;
    }
    return this.#admission(viewer, joined, secret, connection, giveBack);
  }

  async #byResume(viewer: string, resume: string): Promise<Admission> {
    const refused = new AppError('TOKEN_INVALID', 'the resume secret is not valid (any more)', {
      field: 'resume',
      fix: 'ask for a new viewer; a resume secret is good for one reconnect within 2 minutes',
    });
    if (!idPattern.test(viewer) || resume.length > SECRET_MAX_LENGTH) throw refused;
    const secret = randomSecret();
    const connection = newId('cn');
    const joined = await this.#store.rotate(viewer, digestOf(resume), digestOf(secret), connection);
    if (joined === undefined) throw (await this.#store.isRevoked(viewer)) ? viewerRevoked(viewer) : refused;
    const giveBack = async (): Promise<void> => {
      await this.#store.rotate(viewer, digestOf(secret), digestOf(resume), connection);
    };
    try {
      await this.#requirePhone(joined, await this.#facts.desired(joined.phone));
    } catch (error) {
      await giveBack().catch(() => {});
      throw error;
    }
    return this.#admission(viewer, joined, secret, connection, giveBack);
  }

  #admission(
    viewer: string,
    joined: JoinedViewer,
    resume: string,
    connection: string,
    giveBack: () => Promise<void>,
  ): Admission {
    return {
      viewer,
      connection,
      ...joined,
      resume,
      // A lost Redis keeps the viewer from trying again with this credential; there is nothing more to be done here.
      giveBack: () => giveBack().catch(() => {}),
      keep: (ms) => this.#store.keep(viewer, joined, digestOf(resume), connection, ms),
      rest: () => this.#store.rest(viewer, joined.phone, connection).catch(() => {}),
      leave: () => this.#store.forget(viewer, joined.phone, connection),
    };
  }

  /**
   * Resumes a phone that was paused for want of viewers, unless the viewer only looks in passing. A token outlives neither its phone nor a
   * change of the phone's owner.
   */
  async #requirePhone({ phone, owner, pinned }: JoinedViewer, wish: Desired | undefined): Promise<void> {
    if (wish === undefined || wish.owner !== owner || wish.wanted === Wanted.WANTED_REMOVED)
      throw phoneNotFound(phone);
    if (!pinned) await this.#idle.wake(wish);
  }
}
