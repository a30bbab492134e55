import { plainKeys, records } from '@ancloud/contracts';
import { GroupRecord } from '@ancloud/contracts/state/v1/state';
import { keyOf, luaNow, recordsOf, type Records, type Script, type State } from '@ancloud/state';

/** KEYS[1] group, [2] groups; ARGV json, ms, id, the revision that has to stand or '' for a new one. → 1 written, 0 it is gone, -1 another stands. */
const putGroup: Script = {
  name: 'putGroup',
  lua: `${luaNow}
if ARGV[4] ~= '' then
  local text = redis.call('GET', KEYS[1])
  if not text then return 0 end
  if (cjson.decode(text).revision or 0) ~= tonumber(ARGV[4]) then return -1 end
end
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

  /** It stands for a day from now. `instead` = the revision that it replaces, and no other; left out, it is new. */
  async put(group: GroupRecord, instead?: number): Promise<'written' | 'gone' | 'changed'> {
    const answer = await this.#state.script(putGroup, keysOf(group.groupId), [
      JSON.stringify(GroupRecord.toJSON(group)),
      TTL_MS,
      group.groupId,
      instead ?? '',
    ]);
    return answer === 1 ? 'written' : answer === 0 ? 'gone' : 'changed';
  }

  async remove(group: string): Promise<void> {
    const key = keyOf(records.group.template, { group });
    await this.#state.run('removing a group', async (redis) => {
      await redis.multi().del(key).zrem(plainKeys.groups.template, group).exec();
    });
  }
}
