import { plainKeys, records } from '@ancloud/contracts';
import { MacroRecord } from '@ancloud/contracts/input/v1/macro';
import { keyOf, recordsOf, type Records, type Script, type State } from '@ancloud/state';

/**
 * KEYS[1] macro, [2] its owner's macros; ARGV json, id, most, the revision that has to stand or '' for a new one. → 1 written, 0 it is gone,
 * -1 another stands, -2 there are too many.
 */
const putMacro: Script = {
  name: 'putMacro',
  lua: `
if ARGV[4] == '' then
  if redis.call('SCARD', KEYS[2]) >= tonumber(ARGV[3]) then return -2 end
else
  local text = redis.call('GET', KEYS[1])
  if not text then return 0 end
  if (cjson.decode(text).revision or 0) ~= tonumber(ARGV[4]) then return -1 end
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

  /** One tenant's, by name. */
  async of(owner: string): Promise<MacroRecord[]> {
    const key = keyOf(plainKeys.ownerMacros.template, { owner });
    const ids = await this.#state.run(`reading ${key}`, (redis) => redis.smembers(key));
    const found = await this.#records.getMany(ids.map((macro) => ({ macro })));
    return found
      .filter((macro) => macro !== undefined)
      .toSorted((a, b) => a.name.localeCompare(b.name) || a.macroId.localeCompare(b.macroId));
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
