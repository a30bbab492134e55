import { plainKeys, records } from '@ancloud/contracts';
import { MacroRecord } from '@ancloud/contracts/input/v1/macro';
import { keyOf, recordsOf, type Records, type Script, type State } from '@ancloud/state';

/**
 * KEYS[1] macro, [2] its owner's macros; ARGV json, id, most, the revision that has to stand or '' for a new one. → 1 written, 0 it is gone,
 * -1 another stands, -2 there are too many. The revision is the last field of its JSON: to decode all of the largest macro, 2 MB, would keep
 * everybody else waiting for 100 ms.
 */
const putMacro: Script = {
  name: 'putMacro',
  lua: `
if ARGV[4] == '' then
  if redis.call('SCARD', KEYS[2]) >= tonumber(ARGV[3]) then return -2 end
else
  local text = redis.call('GET', KEYS[1])
  if not text then return 0 end
  local revision = string.match(string.sub(text, -64), '"revision":(%d+)}$') or 0
  if tonumber(revision) ~= tonumber(ARGV[4]) then return -1 end
end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('SADD', KEYS[2], ARGV[2])
return 1`,
};

/** Macros that are kept. Errors: UNAVAILABLE_STATE. */
export class MacroStore {
  readonly #state: State;
  readonly #records: Records<MacroRecord>;

  constructor(state: State) {
    this.#state = state;
    this.#records = recordsOf(state, records.macro);
  }

  get(macro: string): Promise<MacroRecord | undefined> {
    return this.#records.get({ macro });
  }

  /** How many one tenant has. */
  count(owner: string): Promise<number> {
    const key = keyOf(plainKeys.ownerMacros.template, { owner });
    return this.#state.run(`counting ${key}`, (redis) => redis.scard(key));
  }

  /** One tenant's, by name, without their steps. Read one after the other: all at once may be 400 MB. */
  async of(owner: string): Promise<MacroRecord[]> {
    const key = keyOf(plainKeys.ownerMacros.template, { owner });
    const ids = await this.#state.run(`reading ${key}`, (redis) => redis.smembers(key));
    const found: MacroRecord[] = [];
    for (const macro of ids) {
      const record = await this.#records.get({ macro });
      if (record !== undefined) found.push({ ...record, macro: undefined });
    }
    return found.toSorted((a, b) => a.name.localeCompare(b.name) || a.macroId.localeCompare(b.macroId));
  }

  /**
   * @param most that the tenant may have.
   * @param instead the revision that it replaces, and no other; left out, it is new.
   */
  async put(
    macro: MacroRecord,
    most: number,
    instead?: number,
  ): Promise<'written' | 'gone' | 'changed' | 'too many'> {
    const answer = await this.#state.script(
      putMacro,
      [
        keyOf(records.macro.template, { macro: macro.macroId }),
        keyOf(plainKeys.ownerMacros.template, { owner: macro.owner }),
      ],
      [JSON.stringify(MacroRecord.toJSON(macro)), macro.macroId, most, instead ?? ''],
    );
    if (answer === -2) return 'too many';
    return answer === 1 ? 'written' : answer === 0 ? 'gone' : 'changed';
  }

  async remove({ macroId, owner }: MacroRecord): Promise<void> {
    const keys = {
      macro: keyOf(records.macro.template, { macro: macroId }),
      owner: keyOf(plainKeys.ownerMacros.template, { owner }),
    };
    await this.#state.run('removing a macro', async (redis) => {
      await redis.multi().del(keys.macro).srem(keys.owner, macroId).exec();
    });
  }
}
