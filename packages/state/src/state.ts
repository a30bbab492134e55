import crypto from 'node:crypto';
import { plainKeys } from '@ancloud/contracts';
import { AppError, type FarmTls, Listeners, type Log, retry } from '@ancloud/kit';
import { Redis, ReplyError } from 'ioredis';
import type { Script } from './scripts.js';

export interface StateOptions {
  /** `redis://[user:password@]host:port[/db]` or `rediss://…`. A secret when it holds a password. */
  readonly url: string;
  /** For `rediss://`: the authority the server is known by, and what it is shown. Default: the machine's authorities. */
  readonly tls?: FarmTls | undefined;
  /** Shown in CLIENT LIST. */
  readonly name: string;
  readonly log: Log;
  /** How long the first connection may take, ms. Default 15 000. */
  readonly connectMs?: number;
  /** How long one command may take, ms. Default 3 000. */
  readonly commandMs?: number;
}

export type StateStatus = 'connected' | 'reconnecting' | 'closed';

/** Connects. Errors: UNAVAILABLE_STATE when Redis did not answer within `connectMs`; CONFIG_INVALID when it refuses the password. */
export async function connectState(options: StateOptions): Promise<State> {
  const redis = new Redis(options.url, {
    connectionName: options.name,
    ...(options.url.startsWith('rediss:') ? { tls: { ...options.tls } } : {}),
    lazyConnect: true,
    // Fail fast, pile up nothing: a caller that can wait tries again by its own rules, with its own deadline.
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    commandTimeout: options.commandMs ?? 3_000,
    connectTimeout: 3_000,
    retryStrategy: (times) => Math.min(times * 100, 1_000),
  });
  let last: Error | undefined;
  // Without a listener ioredis writes to the console; `State` tells of losses by its own.
  redis.on('error', (error: Error) => {
    last = error;
  });
  try {
    await retry(() => (redis.status === 'ready' ? Promise.resolve() : ready(redis)), {
      tries: Infinity,
      minMs: 50,
      maxMs: 500,
      signal: AbortSignal.timeout(options.connectMs ?? 15_000),
      retryable: (error) => !isRefused(error) && !isRefused(last),
    });
  } catch (cause) {
    redis.disconnect();
    const where = redactUrl(options.url);
    const refused = isRefused(cause) || isRefused(last);
    throw new AppError(
      refused ? 'CONFIG_INVALID' : 'UNAVAILABLE_STATE',
      `connecting to Redis at ${where}: ${(last ?? (cause as Error)).message}`,
      {
        field: 'url',
        value: where,
        fix: refused ? 'put the right password into the URL' : 'start redis-server, or correct the address',
        cause,
      },
    );
  }
  return new State(redis, options);
}

async function ready(redis: Redis): Promise<void> {
  if (redis.status === 'wait' || redis.status === 'end') await redis.connect();
  await redis.ping();
}

function isRefused(error: unknown): boolean {
  return error instanceof Error && /^(?:WRONGPASS|NOAUTH|NOPERM)/.test(error.message);
}

/** `url` without its password, for messages. */
export function redactUrl(url: string): string {
  return url.replace(/:[^:@/]*@/, ':<redacted>@');
}

/**
 * The farm's records. A thin owner of one ioredis connection: errors become AppErrors (UNAVAILABLE_STATE when Redis cannot
 * be reached, so nothing waits in a queue for it), scripts run by digest, losses and returns are told.
 */
export class State {
  readonly #redis: Redis;
  readonly #log: Log;
  readonly #digests = new WeakMap<Script, string>();
  readonly #reconnected: Listeners;
  #status: StateStatus = 'connected';

  /** Use `connectState`. */
  constructor(redis: Redis, options: Pick<StateOptions, 'log' | 'name'>) {
    this.#redis = redis;
    this.#log = options.log.child({ state: options.name });
    this.#reconnected = new Listeners((err) => this.#log.error({ err }, 'a reconnect handler failed'));
    redis.on('close', () => {
      if (this.#status !== 'connected') return;
      this.#status = 'reconnecting';
      this.#log.warn({}, 'Redis is gone, reconnecting');
    });
    redis.on('ready', () => {
      if (this.#status !== 'reconnecting') return;
      this.#status = 'connected';
      this.#log.info({}, 'Redis is back');
      this.#reconnected.tell();
    });
  }

  get status(): StateStatus {
    return this.#status;
  }

  /** Calls `fn` after each reconnection (not the first connection). Answers how to stop that. */
  onReconnect(fn: () => void): () => void {
    return this.#reconnected.add(fn);
  }

  /**
   * Runs commands: `state.run('listing phones', (redis) => redis.smembers('phones'))`. `what` opens the error's sentence.
   * Errors: UNAVAILABLE_STATE; INTERNAL when Redis refuses the command itself.
   */
  async run<T>(what: string, fn: (redis: Redis) => Promise<T>): Promise<T> {
    try {
      return await fn(this.#redis);
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      const text = cause instanceof Error ? cause.message : String(cause);
      // LOADING, READONLY, MASTERDOWN: Redis answers, but not yet or not here.
      const answered =
        cause instanceof ReplyError && !/^(?:LOADING|READONLY|MASTERDOWN|CLUSTERDOWN)/.test(text);
      throw new AppError(answered ? 'INTERNAL' : 'UNAVAILABLE_STATE', `${what}: ${text}`, { cause });
    }
  }

  /** Runs a script by its digest, with its source when Redis does not know it (yet, or since it was emptied). */
  script(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    let digest = this.#digests.get(script);
    if (digest === undefined) {
      digest = crypto.createHash('sha1').update(script.lua).digest('hex');
      this.#digests.set(script, digest);
    }
    const sha = digest;
    return this.run(`script ${script.name} on ${keys.join(' ')}`, async (redis) => {
      try {
        return await redis.evalsha(sha, keys.length, ...keys, ...args);
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
        return redis.eval(script.lua, keys.length, ...keys, ...args);
      }
    });
  }

  /** The farm's incarnation, made when there is none: `created` says that this Redis was new or had been emptied. */
  async ensureIncarnation(): Promise<{ readonly incarnation: string; readonly created: boolean }> {
    const key = plainKeys.incarnation.template;
    const fresh = crypto.randomUUID();
    const created = await this.run('making the farm incarnation', (redis) => redis.set(key, fresh, 'NX'));
    if (created === 'OK') return { incarnation: fresh, created: true };
    const incarnation = await this.readIncarnation();
    // Deleted between the two commands: Redis was emptied just now, so it is ours to make after all.
    return incarnation === undefined ? this.ensureIncarnation() : { incarnation, created: false };
  }

  /** The farm's incarnation; undefined when this Redis has none. */
  async readIncarnation(): Promise<string | undefined> {
    const key = plainKeys.incarnation.template;
    return (await this.run('reading the farm incarnation', (redis) => redis.get(key))) ?? undefined;
  }

  /** Redis' time, Unix ms. */
  async now(): Promise<number> {
    const [seconds, micros] = await this.run('reading the time of Redis', (redis) => redis.time());
    return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
  }

  /** Ends the connection after the commands under way. May be called twice. */
  async close(): Promise<void> {
    if (this.#status === 'closed') return;
    const alive = this.#status === 'connected';
    this.#status = 'closed';
    if (alive) await this.#redis.quit().catch(() => {});
    this.#redis.disconnect();
  }
}
