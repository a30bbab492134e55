import { MacroRecord } from '@ancloud/contracts/input/v1/macro';
import { ManualClock } from '@ancloud/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Principal } from '../auth/principal.js';
import { type MacroParts, Macros } from './macros.js';

const ann: Principal = { owner: 'ann', roles: [], via: 'key' };
const macroId = 'mc_0123456789abcdef';
const pressing = (keycode: number) => ({
  steps: [{ step: { $case: 'input', value: { input: { $case: 'key', value: { keycode } } } } } as const],
});

describe('a macro that is changed', () => {
  let record: MacroRecord;
  /** What others do between the gateway's read and its write. */
  let meanwhile: () => void;
  const macros = new Macros({
    clock: new ManualClock(),
    store: {
      get: async () => record,
      put: async (macro: MacroRecord, _most: number, instead: number) => {
        meanwhile();
        if (record.revision !== instead) return 'changed';
        record = macro;
        return 'written';
      },
    },
  } as unknown as MacroParts);
  const change = (name: string, revision?: number): Promise<MacroRecord> =>
    macros.update(ann, { macroId, name, macro: undefined, revision });
  const another = (): void => {
    record = MacroRecord.fromPartial({ ...record, macro: pressing(4), revision: record.revision + 1 });
  };
  const theirs = MacroRecord.fromPartial({ macro: pressing(4) }).macro;

  beforeEach(() => {
    meanwhile = () => undefined;
    record = MacroRecord.fromPartial({ macroId, owner: 'ann', name: 'row', macro: pressing(3), revision: 7 });
  });

  it('keeps what another changed at the same moment', async () => {
    meanwhile = () => {
      meanwhile = () => undefined;
      another();
    };
    expect(await change('first')).toMatchObject({ name: 'first', macro: theirs, revision: 9 });
    expect(record).toMatchObject({ name: 'first', macro: theirs, revision: 9 });
  });

  it('is not changed by whoever has not seen its newest revision', async () => {
    await change('first', 7);
    expect(record).toMatchObject({ name: 'first', revision: 8 });
    const late = change('late', 7);
    await expect(late).rejects.toMatchObject({ code: 'MACRO_CHANGED', field: 'revision' });
    meanwhile = another;
    await expect(change('late', 8)).rejects.toMatchObject({ code: 'MACRO_CHANGED' });
    expect(record).toMatchObject({ name: 'first', macro: theirs, revision: 9 });
  });

  it('that changes without an end is given up', async () => {
    meanwhile = another;
    await expect(change('mine')).rejects.toMatchObject({ code: 'MACRO_CHANGED' });
    expect(record.name).toBe('row');
  });
});
