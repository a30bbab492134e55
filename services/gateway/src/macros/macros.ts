import { macroIdPattern } from '@ancloud/contracts';
import type {
  CreateMacroRequest,
  DeleteMacroRequest,
  DiscardMacroRequest,
  GetMacroRequest,
  GetMacroStateRequest,
  ListMacrosResponse,
  PlayMacroRequest,
  RecordMacroRequest,
  SaveMacroRequest,
  StopMacroRequest,
  UpdateMacroRequest,
} from '@ancloud/contracts/gateway/v1/gateway';
import type { MacroState } from '@ancloud/contracts/input/v1/input';
import type { Macro } from '@ancloud/contracts/input/v1/macro';
import type { MacroRecord } from '@ancloud/contracts/input/v1/macro';
import { AppError, type Clock } from '@ancloud/kit';
import { newId } from '../api/ids.js';
import { owns, type Principal } from '../auth/principal.js';
import { programOf } from '../control/inject.js';
import type { InputClient, Inputs } from '../control/inputs.js';
import { invalid } from '../errors.js';
import { anew } from '../farm/anew.js';
import type { PhoneAccess } from '../phones/phone-access.js';
import type { Sessions } from '../phones/session-client.js';
import { macroLimits, macroMistake } from './core/macro-limits.js';
import type { MacroStore } from './macro-store.js';

/** It takes the controls first. */
const BEGIN_MS = 15_000;

export interface MacroParts {
  readonly store: MacroStore;
  readonly access: PhoneAccess;
  readonly sessions: Sessions;
  readonly inputs: Inputs;
  readonly clock: Clock;
}

/** Macros: kept here, recorded and played by the input-svc that serves the phone. */
export class Macros {
  readonly #parts: MacroParts;

  constructor(parts: MacroParts) {
    this.#parts = parts;
  }

  /** Errors: INVALID_ARGUMENT, SCRIPT_TOO_LONG, QUOTA_EXCEEDED, UNAVAILABLE_STATE. */
  async create(principal: Principal, { name, macro }: CreateMacroRequest): Promise<MacroRecord> {
    const now = this.#parts.clock.now();
    const record = {
      macroId: newId('mc'),
      owner: principal.owner,
      name,
      macro,
      createdAtMs: now,
      updatedAtMs: now,
      revision: 1,
    };
    await this.#put(record);
    return record;
  }

  /** By name, without their steps. */
  async list(principal: Principal): Promise<ListMacrosResponse> {
    return { macros: await this.#parts.store.of(principal.owner) };
  }

  /** Errors: INVALID_ARGUMENT, MACRO_NOT_FOUND, also for one of somebody else. */
  async get(principal: Principal, { macroId }: GetMacroRequest): Promise<MacroRecord> {
    if (!macroIdPattern.test(macroId))
      throw invalid('macroId', macroId, 'macroId is not the id of a macro', 'use it as it came');
    const record = await this.#parts.store.get(macroId);
    if (record === undefined || !owns(principal, record.owner)) throw macroNotFound(macroId);
    return record;
  }

  /**
   * What others change meanwhile stays; where the caller has named the revision that it saw, nobody may have. Errors: as create,
   * MACRO_NOT_FOUND, MACRO_CHANGED.
   */
  async update(
    principal: Principal,
    { macroId, name, macro, revision }: UpdateMacroRequest,
  ): Promise<MacroRecord> {
    const changed = await anew(async () => {
      const before = await this.get(principal, { macroId });
      if (revision !== undefined && revision !== before.revision) throw macroChanged(macroId);
      const record = {
        ...before,
        name: name === '' ? before.name : name,
        macro: macro ?? before.macro,
        updatedAtMs: this.#parts.clock.now(),
        revision: before.revision + 1,
      };
      return (await this.#put(record, before.revision)) ? record : 'changed';
    });
    if (changed === undefined) throw macroChanged(macroId);
    return changed;
  }

  /** Errors: MACRO_NOT_FOUND. */
  async delete(principal: Principal, request: DeleteMacroRequest): Promise<void> {
    await this.#parts.store.remove(await this.get(principal, request));
  }

  /** Errors: PHONE_NOT_FOUND, PHONE_PAUSED, SESSION_NOT_READY, MACRO_BUSY. */
  async record(principal: Principal, { phoneId }: RecordMacroRequest): Promise<MacroState> {
    const input = await this.#input(principal, phoneId, true);
    return input.recordMacro({ phoneId }, { retries: 0 });
  }

  /** Errors: PHONE_NOT_FOUND, SESSION_NOT_READY, MACRO_NOT_FOUND, INVALID_ARGUMENT, QUOTA_EXCEEDED. */
  async save(principal: Principal, { phoneId, name }: SaveMacroRequest): Promise<MacroRecord> {
    const input = await this.#input(principal, phoneId, false);
    // What can be refused beforehand is: a recording is taken once.
    const mistake = macroMistake(name, {
      steps: [{ afterMs: 0, step: { $case: 'input', value: { input: undefined } } }],
    });
    if (mistake !== undefined) throw mistaken(mistake);
    if ((await this.#parts.store.count(principal.owner)) >= macroLimits.macros) throw tooMany();
    const { macro } = await input.takeMacro({ phoneId }, { retries: 0 });
    if (macro === undefined || macro.steps.length === 0)
      throw new AppError('MACRO_NOT_FOUND', `nothing was done on phone ${phoneId} while it was recorded`, {
        field: 'phoneId',
        value: phoneId,
        fix: 'hold the controls and do something between the beginning and the end',
      });
    return this.create(principal, { name, macro });
  }

  /** Errors: PHONE_NOT_FOUND, SESSION_NOT_READY, MACRO_NOT_FOUND. */
  async discard(principal: Principal, { phoneId }: DiscardMacroRequest): Promise<MacroState> {
    const input = await this.#input(principal, phoneId, false);
    await input.takeMacro({ phoneId }, { retries: 0 });
    return input.getMacroState({ phoneId });
  }

  /** Errors: PHONE_NOT_FOUND, PHONE_PAUSED, MACRO_NOT_FOUND, and those of InputService.PlayMacro. */
  async play(principal: Principal, request: PlayMacroRequest): Promise<MacroState> {
    const { phoneId, macroId, speed, loops, timeoutMs, takeOver } = request;
    const macro = await this.#wanted(principal, request);
    const input = await this.#input(principal, phoneId, true);
    return input.playMacro(
      {
        ...programOf(principal),
        phoneId,
        macroId,
        macro,
        runId: newId('mr'),
        speed,
        loops,
        timeoutMs,
        takeOver,
      },
      // Not again when the connection breaks: the phone may have been touched.
      { deadlineMs: BEGIN_MS, retries: 0 },
    );
  }

  /** Errors: PHONE_NOT_FOUND, SESSION_NOT_READY, MACRO_NOT_FOUND. */
  async stop(principal: Principal, { phoneId }: StopMacroRequest): Promise<MacroState> {
    return (await this.#input(principal, phoneId, false)).stopMacro({ phoneId });
  }

  /** Errors: PHONE_NOT_FOUND, SESSION_NOT_READY. */
  async state(principal: Principal, { phoneId }: GetMacroStateRequest): Promise<MacroState> {
    return (await this.#input(principal, phoneId, false)).getMacroState({ phoneId });
  }

  async #wanted(principal: Principal, { macroId, macro }: PlayMacroRequest): Promise<Macro> {
    if (macroId === '' && macro !== undefined) return macro;
    if (macroId === '' || macro !== undefined)
      throw invalid('macroId', macroId, 'a play is of one macro: macroId or steps', 'give one of them');
    return (await this.get(principal, { macroId })).macro ?? { steps: [] };
  }

  async #input(principal: Principal, phoneId: string, running: boolean): Promise<InputClient> {
    await this.#parts.access.load(principal, phoneId);
    // Says why the phone cannot be touched, where input-svc only knows that nobody answers.
    if (running) await this.#parts.sessions.of(phoneId);
    return this.#parts.inputs.of(phoneId);
  }

  /** False: another revision than `instead` stands. */
  async #put(record: MacroRecord, instead?: number): Promise<boolean> {
    const mistake = macroMistake(record.name, record.macro ?? { steps: [] });
    if (mistake !== undefined) throw mistaken(mistake);
    const put = await this.#parts.store.put(record, macroLimits.macros, instead);
    if (put === 'gone') throw macroNotFound(record.macroId);
    if (put === 'too many') throw tooMany();
    return put === 'written';
  }
}

const mistaken = ({ code, field, message }: NonNullable<ReturnType<typeof macroMistake>>): AppError =>
  new AppError(code, message, { field, fix: 'see the API document for what is allowed' });

const tooMany = (): AppError =>
  new AppError('QUOTA_EXCEEDED', `there are ${macroLimits.macros} macros already`, {
    fix: 'remove one first: DELETE /v1/macros/{macroId}',
  });

const macroNotFound = (macroId: string): AppError =>
  new AppError('MACRO_NOT_FOUND', `there is no macro '${macroId}'`, {
    field: 'macroId',
    value: macroId,
    fix: 'list those there are: GET /v1/macros, or ./ancloud macro ls',
  });

const macroChanged = (macroId: string): AppError =>
  new AppError('MACRO_CHANGED', `macro ${macroId} was changed meanwhile`, {
    field: 'revision',
    fix: 'look at the macro, and change it as it is now; without a revision whatever stands is replaced',
  });
