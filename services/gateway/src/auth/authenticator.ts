import crypto from 'node:crypto';
import { AppError, constantTimeEqual } from '@ancloud/kit';
import { ADMIN, type Principal } from './principal.js';

/** Where digests of credentials are kept; implemented on Redis. */
export interface CredentialStore {
  /** Fields of `api-key:{digest}`; undefined when there is no such key. */
  apiKey(digest: string): Promise<Readonly<Record<string, string>> | undefined>;
  /** Fields of `console-session:{digest}`; renews its time. */
  consoleSession(digest: string): Promise<Readonly<Record<string, string>> | undefined>;
}

/** Owner of what the farm's first key makes. */
export const BOOTSTRAP_OWNER = 'admin';

const KEY_MAX_LENGTH = 512;

/** What stands in Redis instead of a secret: sha256, hex. Our secrets have 256 random bits, so no salt or stretching is needed. */
export function digestOf(secret: string): string {
  return crypto.createHash('sha256').update(secret, 'utf8').digest('hex');
}

/** Turns credentials into a principal. Says UNAUTHENTICATED for everything unknown, without saying what was wrong with it. */
export class Authenticator {
  readonly #store: CredentialStore;
  readonly #bootstrapKey: string;

  constructor(store: CredentialStore, bootstrapKey: string) {
    this.#store = store;
    this.#bootstrapKey = bootstrapKey;
  }

  /** `header` is the value of Authorization. Errors: UNAUTHENTICATED; UNAVAILABLE_STATE (the bootstrap key works without Redis). */
  async byHeader(header: string | undefined): Promise<Principal> {
    const key = /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1];
    if (key === undefined)
      throw new AppError('UNAUTHENTICATED', 'no API key was given', {
        field: 'authorization',
        fix: "send 'Authorization: Bearer <API key>'",
      });
    return this.byKey(key);
  }

  async byKey(key: string): Promise<Principal> {
    if (key.length <= KEY_MAX_LENGTH) {
      if (constantTimeEqual(key, this.#bootstrapKey))
        return { owner: BOOTSTRAP_OWNER, roles: [ADMIN], via: 'key' };
      const fields = await this.#store.apiKey(digestOf(key));
      const principal = fields === undefined ? undefined : fromFields(fields, 'key');
      if (principal !== undefined) return principal;
    }
    throw new AppError('UNAUTHENTICATED', 'the API key is not known', {
      field: 'authorization',
      fix: 'check the key, or ask the farm for a new one',
    });
  }

  async byConsoleSession(secret: string): Promise<Principal> {
    const fields =
      secret.length <= KEY_MAX_LENGTH ? await this.#store.consoleSession(digestOf(secret)) : undefined;
    const principal = fields === undefined ? undefined : fromFields(fields, 'console');
    if (principal !== undefined) return principal;
    throw new AppError('UNAUTHENTICATED', 'the console session has ended', {
      field: 'cookie',
      fix: 'sign in again by a new link',
    });
  }
}

function fromFields(fields: Readonly<Record<string, string>>, via: Principal['via']): Principal | undefined {
  const owner = fields['owner'];
  if (owner === undefined || owner === '') return undefined;
  return { owner, roles: (fields['roles'] ?? '').split(',').filter((role) => role !== ''), via };
}
