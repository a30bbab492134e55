import { AppError, randomSecret, type Clock } from '@ancloud/kit';
import { digestOf } from '../auth/authenticator.js';
import { requireAdmin, type Principal } from '../auth/principal.js';
import type { RedisCredentials } from '../auth/redis-credentials.js';

const LINK_MS = 10 * 60_000;

export interface ConsoleLink {
  readonly code: string;
  readonly url: string;
  readonly expiresAt: string;
}

/** Signing a browser in: an admin's key makes a link, the link makes one session, the session is a cookie. */
export class ConsoleAccess {
  readonly #credentials: RedisCredentials;
  readonly #publicUrl: string;
  readonly #clock: Clock;

  constructor(credentials: RedisCredentials, publicUrl: string, clock: Clock) {
    this.#credentials = credentials;
    this.#publicUrl = publicUrl;
    this.#clock = clock;
  }

  /** The farm's pages come by https, so its cookies may come by nothing else. */
  get secure(): boolean {
    return this.#publicUrl.startsWith('https:');
  }

  /** A one-time link in the name of the caller. Errors: FORBIDDEN. */
  async createLink(principal: Principal): Promise<ConsoleLink> {
    requireAdmin(principal, 'making a console link');
    const code = randomSecret();
    const fields = { owner: principal.owner, roles: principal.roles.join(',') };
    await this.#credentials.putConsoleLink(digestOf(code), fields, LINK_MS);
    return {
      code,
      // In the fragment: browsers send it to nobody, so it is in no log.
      url: `${this.#publicUrl}/#code=${code}`,
      expiresAt: new Date(this.#clock.now() + LINK_MS).toISOString(),
    };
  }

  /** Uses the code up; answers the session's secret. Errors: TOKEN_INVALID. */
  async signIn(code: string): Promise<{ readonly secret: string; readonly principal: Principal }> {
    const fields = await this.#credentials.takeConsoleLink(digestOf(code));
    const owner = fields?.['owner'];
    if (fields === undefined || owner === undefined)
      throw new AppError('TOKEN_INVALID', 'the link was used before, or has expired', {
        field: 'code',
        fix: "get a new one, e.g. with './ancloud link'",
      });
    const secret = randomSecret();
    await this.#credentials.putConsoleSession(digestOf(secret), fields);
    const roles = (fields['roles'] ?? '').split(',').filter((role) => role !== '');
    return { secret, principal: { owner, roles, via: 'console' } };
  }

  signOut(secret: string): Promise<void> {
    return this.#credentials.dropConsoleSession(digestOf(secret));
  }
}
