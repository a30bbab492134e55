import { plainKeys, records } from '@ancloud/contracts';
import { Operation } from '@ancloud/contracts/state/v1/state';
import { keyOf, recordsOf, type Records, type Script, type State } from '@ancloud/state';

/** KEYS operation, operations, phone's operations; ARGV operation, id. → 1 ended, 0 it had ended before (or is forgotten). */
const endOperation: Script = {
  name: 'endOperation',
  lua: `
local text = redis.call('GET', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[2])
redis.call('SREM', KEYS[3], ARGV[2])
if not text or cjson.decode(text).state ~= 'OPERATION_STATE_RUNNING' then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'KEEPTTL')
return 1`,
};

/** KEYS operation, operations; ARGV operation, id, deadline. → 1 written, 0 it does not run any more. */
const moveOperation: Script = {
  name: 'moveOperation',
  lua: `
local text = redis.call('GET', KEYS[1])
if not text or cjson.decode(text).state ~= 'OPERATION_STATE_RUNNING' then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'KEEPTTL')
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[2])
return 1`,
};

/**
 * Operations: a record each, kept for a day; those that run are also in the sorted set `operations` (score: deadline) and in
 * the set of their phone. Any gateway may end one; the script lets exactly one of them do it.
 */
export class OperationStore {
  readonly #state: State;
  readonly #records: Records<Operation>;

  constructor(state: State) {
    this.#state = state;
    this.#records = recordsOf(state, records.operation);
  }

  get(operation: string): Promise<Operation | undefined> {
    return this.#records.get({ operation });
  }

  async getMany(ids: readonly string[]): Promise<Operation[]> {
    const found = await this.#records.getMany(ids.map((operation) => ({ operation })));
    return found.filter((operation) => operation !== undefined);
  }

  /** An operation without a phone; those of phones begin inside the phone's script. */
  async begin(operation: Operation): Promise<void> {
    await this.#records.set({ operation: operation.operationId }, operation);
    await this.#state.run('beginning an operation', (redis) =>
      redis.zadd(plainKeys.operations.template, operation.deadlineMs, operation.operationId),
    );
  }

  /** True for the one caller who ended it. */
  async end(operation: Operation): Promise<boolean> {
    const answer = await this.#state.script(
      endOperation,
      [
        keyOf(records.operation.template, { operation: operation.operationId }),
        plainKeys.operations.template,
        // An operation without a phone is in no such set; `none` is never an id.
        keyOf(plainKeys.phoneOperations.template, {
          phone: operation.phoneId === '' ? 'none' : operation.phoneId,
        }),
      ],
      [JSON.stringify(Operation.toJSON(operation)), operation.operationId],
    );
    return answer === 1;
  }

  /** New percentage and deadline. False = it has ended meanwhile. */
  async move(operation: Operation): Promise<boolean> {
    const answer = await this.#state.script(
      moveOperation,
      [
        keyOf(records.operation.template, { operation: operation.operationId }),
        plainKeys.operations.template,
      ],
      [JSON.stringify(Operation.toJSON(operation)), operation.operationId, operation.deadlineMs],
    );
    return answer === 1;
  }

  /** Ids of a phone's operations that run. */
  ofPhone(phone: string): Promise<string[]> {
    const key = keyOf(plainKeys.phoneOperations.template, { phone });
    return this.#state.run(`reading ${key}`, (redis) => redis.smembers(key));
  }

  /** Ids of all that run, those with the nearest deadline first. */
  running(): Promise<string[]> {
    return this.#state.run('listing operations', (redis) =>
      redis.zrange(plainKeys.operations.template, '0', '-1'),
    );
  }

  /** Ids of those whose deadline has passed. */
  late(nowMs: number): Promise<string[]> {
    return this.#state.run('listing late operations', (redis) =>
      redis.zrangebyscore(plainKeys.operations.template, '0', String(nowMs)),
    );
  }

  /** Takes an id out of the sorted set whose record is gone. */
  async forget(operation: string): Promise<void> {
    await this.#state.run('forgetting an operation', (redis) =>
      redis.zrem(plainKeys.operations.template, operation),
    );
  }
}
