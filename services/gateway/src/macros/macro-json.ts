import type { MacroState } from '@ancloud/contracts/input/v1/input';
import { type MacroRecord, type MacroRun, MacroRunState } from '@ancloud/contracts/input/v1/macro';
import { time } from '../api/public-json.js';
import { stepsJson } from './macro-schemas.js';

/* REST's spelling of macros, by the rule of public-json.ts. */

const STATES: Readonly<Record<number, string>> = {
  [MacroRunState.MACRO_RUN_STATE_RUNNING]: 'running',
  [MacroRunState.MACRO_RUN_STATE_DONE]: 'done',
  [MacroRunState.MACRO_RUN_STATE_FAILED]: 'failed',
  [MacroRunState.MACRO_RUN_STATE_STOPPED]: 'stopped',
  [MacroRunState.MACRO_RUN_STATE_INTERRUPTED]: 'interrupted',
};

/** In a list: without its steps. */
export function macroLineJson({ macroId, name, createdAtMs, updatedAtMs, revision }: MacroRecord) {
  return { macroId, name, createdAt: time(createdAtMs), updatedAt: time(updatedAtMs), revision };
}

export function macroJson(record: MacroRecord) {
  return { ...macroLineJson(record), steps: stepsJson(record.macro ?? { steps: [] }) };
}

export function macroStateJson({ recording, run }: MacroState) {
  return {
    recording:
      recording === undefined
        ? null
        : { since: time(recording.sinceMs), steps: recording.steps, full: recording.full },
    run: run === undefined ? null : runJson(run),
  };
}

function runJson(run: MacroRun) {
  return {
    runId: run.runId,
    macroId: run.macroId,
    by: run.by,
    state: STATES[run.state] ?? 'unknown',
    loops: run.loops,
    loopsDone: run.loopsDone,
    step: run.step,
    code: run.code,
    message: run.message,
    startedAt: time(run.startedAtMs),
    endedAt: time(run.endedAtMs),
  };
}
