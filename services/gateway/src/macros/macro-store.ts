import { plainKeys, records } from '@ancloud/contracts';
import { MacroRecord } from '@ancloud/contracts/input/v1/macro';
import { keyOf, recordsOf, type Records, type Script, type State } from '@ancloud/state';

/** KEYS[1] macro, [2] its owner's macros; ARGV json, id, most, '1' = it has to be there. → 1 written, 0 it is gone, -1 there are too many. */
const putMacro: Script = {
  name: 'putMacro',
  lua: `
local there = redis.call('EXISTS', KEYS[1]) == 1
if ARGV[4] == '1' and not there then return 0 end
if not there and redis.call('SCARD', KEYS[2]) >= tonumber(ARGV[3]) then return -1 end
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

  /** @param most that the tenant may have. */
  async put(macro: MacroRecord, isNew: boolean, most: number): Promise<'written' | 'gone' | 'too many'> {
    const answer = await this.#state.script(
      putMacro,
      [
        keyOf(records.macro.template, { macro: macro.macroId }),
        keyOf(plainKeys.ownerMacros.template, { owner: macro.owner }),
      ],
      [JSON.stringify(MacroRecord.toJSON(macro)), macro.macroId, most, isNew ? '0' : '1'],
    );
    return answer === 1 ? 'written' : answer === 0 ? 'gone' : 'too many';
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
