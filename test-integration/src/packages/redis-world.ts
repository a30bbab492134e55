import { PhoneStatus, Stage } from '@ancloud/contracts/state/v1/state';
import { silentLog } from '@ancloud/kit';
import { connectState, type State } from '@ancloud/state';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { PATIENCE_MS } from '../harness/eventually.js';
import { type RedisServer, startRedis } from '../harness/servers.js';

/** What each test of a file has: an empty Redis, and connections to it. */
export interface RedisWorld {
  readonly redis: RedisServer;
  readonly state: State;
  /** One more connection, closed with the test. */
  readonly connectAnother: () => Promise<State>;
}

/** For a whole file: a Redis of its own, emptied before each test, which has a connection. */
export function withRedis(): RedisWorld {
  const open: State[] = [];
  const connectAnother = async (): Promise<State> => {
    const { url } = given.redis;
    const made = await connectState({ url, name: 'test', log: silentLog, connectMs: PATIENCE_MS });
    open.push(made);
    return made;
  };
  // Filled by the hooks, which run before any test looks.
  const given = { connectAnother } as { -readonly [K in keyof RedisWorld]: RedisWorld[K] };
  beforeAll(async () => {
    given.redis = await startRedis();
  });
  beforeEach(async () => {
    given.state = await connectAnother();
    await given.state.run('emptying', (client) => client.flushall());
  });
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });
  afterAll(() => given.redis?.stop());
  return given;
}

/** What a host says of a phone. */
export function statusAt(epoch: number, revision: number, stage = Stage.STAGE_BOOTING): PhoneStatus {
  return PhoneStatus.fromPartial({ phoneId: 'ph_a', hostId: 'h1', epoch, revision, stage });
}
