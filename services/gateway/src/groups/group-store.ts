import { plainKeys, records } from '@ancloud/contracts';
import { GroupRecord } from '@ancloud/contracts/state/v1/state';
import { keyOf, luaNow, recordsOf, type Records, type Script, type State } from '@ancloud/state';

/** KEYS[1] group, [2] groups; ARGV json, ms, id, '1' = it has to be there. → 1 written, 0 it is gone. */
const putGroup: Script = {
  name: 'putGroup',
  lua: `${luaNow}
if ARGV[4] == '1' and redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now))
redis.call('ZADD', KEYS[2], string.format('%.0f', now + tonumber(ARGV[2])), ARGV[3])
return 1`,
};

const TTL_MS = (records.group.ttlSeconds ?? 0) * 1_000;
const keysOf = (group: string): string[] => [
  keyOf(records.group.template, { group }),
  plainKeys.groups.template,
];

/** Groups as they are wished. Errors: UNAVAILABLE_STATE. */
export class GroupStore {
  readonly #state: State;
  readonly #records: Records<GroupRecord>;

  constructor(state: State) {
    this.#state = state;
    this.#records = recordsOf(state, records.group);
  }

  get(group: string): Promise<GroupRecord | undefined> {
    return this.#records.get({ group });
  }

  /** All of the farm, in the order of their ids. */
  async all(): Promise<GroupRecord[]> {
    const ids = await this.#state.run('listing groups', (redis) =>
      redis.zrange(plainKeys.groups.template, '0', '-1'),
    );
    const found = await this.#records.getMany(ids.toSorted().map((group) => ({ group })));
    return found.filter((group) => group !== undefined);
  }

  /** It stands for a day from now. False = it was there before and is gone. */
  async put(group: GroupRecord, isNew: boolean): Promise<boolean> {
    const answer = await this.#state.script(putGroup, keysOf(group.groupId), [
      JSON.stringify(GroupRecord.toJSON(group)),
      TTL_MS,
      group.groupId,
      isNew ? '0' : '1',
    ]);
    return answer === 1;
  }

  async remove(group: string): Promise<void> {
    const key = keyOf(records.group.template, { group });
    await this.#state.run('removing a group', async (redis) => {
      await redis.multi().del(key).zrem(plainKeys.groups.template, group).exec();
    });
  }
}
