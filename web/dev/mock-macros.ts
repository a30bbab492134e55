import crypto from 'node:crypto';

interface MockState {
  recording: null | { steps: number; full: boolean };
  run: null | {
    readonly macroId: string;
    state: 'running' | 'stopped';
    readonly step: number;
    readonly loops: number;
    readonly loopsDone: number;
    readonly message: string;
  };
}

/** Macros of a pretended farm: each is recorded in three steps, and played until it is stopped. */
export class MockMacros {
  readonly #kept = new Map<string, { readonly macroId: string; readonly name: string }>();
  readonly #phones = new Map<string, MockState>();

  list(): { macros: { macroId: string; name: string }[] } {
    return { macros: [...this.#kept.values()] };
  }

  delete(macroId: string): void {
    this.#kept.delete(macroId);
  }

  state(phoneId: string): MockState {
    let state = this.#phones.get(phoneId);
    if (state === undefined) this.#phones.set(phoneId, (state = { recording: null, run: null }));
    return state;
  }

  record(phoneId: string): MockState {
    const state = this.state(phoneId);
    state.recording = { steps: 3, full: false };
    return state;
  }

  save(phoneId: string, name: string): { macroId: string; name: string } {
    this.state(phoneId).recording = null;
    const macro = { macroId: `mc_${crypto.randomBytes(8).toString('hex')}`, name };
    this.#kept.set(macro.macroId, macro);
    return macro;
  }

  play(phoneId: string, macroId: string): MockState {
    const state = this.state(phoneId);
    state.run = { macroId, state: 'running', step: 1, loops: 1, loopsDone: 0, message: '' };
    return state;
  }

  stop(phoneId: string): MockState {
    const state = this.state(phoneId);
    if (state.run !== null) state.run.state = 'stopped';
    return state;
  }
}
