import { plainKeys } from '@ancloud/contracts';
import { keyOf, type State } from '@ancloud/state';
import type { CredentialStore } from './authenticator.js';

/** A console session ends after this long without a request. */
export const CONSOLE_SESSION_MS = 12 * 3_600_000;

/** API keys, console links and console sessions, by digest. */
export class RedisCredentials implements CredentialStore {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  async apiKey(digest: string): Promise<Record<string, string> | undefined> {
    const key = keyOf(plainKeys.apiKey.template, { digest });
    return some(await this.#state.run('reading an API key', (redis) => redis.hgetall(key)));
  }

  async consoleSession(digest: string): Promise<Record<string, string> | undefined> {
    const key = keyOf(plainKeys.consoleSession.template, { digest });
    const fields = some(await this.#state.run('reading a console session', (redis) => redis.hgetall(key)));
    if (fields !== undefined)
      await this.#state.run('renewing a console session', (redis) => redis.pexpire(key, CONSOLE_SESSION_MS));
    return fields;
  }

  async putConsoleLink(
    digest: string,
    fields: Readonly<Record<string, string>>,
    ttlMs: number,
  ): Promise<void> {
    const key = keyOf(plainKeys.consoleLink.template, { digest });
    await this.#state.run('keeping a console link', (redis) =>
      redis.set(key, JSON.stringify(fields), 'PX', ttlMs),
    );
  }

  /** Uses a link up; undefined when there is none (any more). */
  async takeConsoleLink(digest: string): Promise<Record<string, string> | undefined> {
    const key = keyOf(plainKeys.consoleLink.template, { digest });
    const text = await this.#state.run('using a console link', (redis) => redis.getdel(key));
    return text === null ? undefined : (JSON.parse(text) as Record<string, string>);
  }

  async putConsoleSession(digest: string, fields: Readonly<Record<string, string>>): Promise<void> {
    const key = keyOf(plainKeys.consoleSession.template, { digest });
    await this.#state.run('keeping a console session', async (redis) => {
      await redis.multi().hset(key, fields).pexpire(key, CONSOLE_SESSION_MS).exec();
    });
  }

  async dropConsoleSession(digest: string): Promise<void> {
    const key = keyOf(plainKeys.consoleSession.template, { digest });
    await this.#state.run('ending a console session', (redis) => redis.del(key));
  }
}

function some(fields: Record<string, string>): Record<string, string> | undefined {
  return Object.keys(fields).length === 0 ? undefined : fields;
}
