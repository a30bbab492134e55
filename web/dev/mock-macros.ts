import crypto from 'node:crypto';
import { Refused, type Route } from './mock-route.ts';

interface MockMacro {
  readonly macroId: string;
  name: string;
  steps: readonly object[];
  revision: number;
}

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

const RECORDED = [
  { afterMs: 0, tap: { at: { x: 0.5, y: 0.62 }, durationMs: 60 } },
  { afterMs: 300, text: { text: 'ann@example.com', method: 'auto' } },
  { afterMs: 0, key: { keycode: 66, stroke: 'press' } },
];

/** Macros of a pretended farm: each is recorded in three steps, and played until it is stopped. */
export function macroRoutes(): readonly Route[] {
  const kept = new Map<string, MockMacro>();
  const phones = new Map<string, MockState>();
  const state = (phoneId: string): MockState => {
    let found = phones.get(phoneId);
    if (found === undefined) phones.set(phoneId, (found = { recording: null, run: null }));
    return found;
  };
  const find = (macroId: string): MockMacro => {
    const macro = kept.get(macroId);
    if (macro === undefined) throw new Refused(404, 'MACRO_NOT_FOUND', `there is no macro ${macroId}`);
    return macro;
  };
  const keep = (name: unknown, steps: readonly object[]): MockMacro => {
    const macroId = `mc_${crypto.randomBytes(8).toString('hex')}`;
    const macro = { macroId, name: String(name), steps, revision: 1 };
    kept.set(macro.macroId, macro);
    return macro;
  };
  const change = (macroId: string, { name, steps, revision }: Record<string, unknown>): MockMacro => {
    const macro = find(macroId);
    if (revision !== undefined && revision !== macro.revision)
      throw new Refused(409, 'MACRO_CHANGED', `macro ${macroId} was changed meanwhile`);
    if (typeof name === 'string') macro.name = name;
    if (steps !== undefined) macro.steps = checked(steps);
    macro.revision += 1;
    return macro;
  };
  const record = (phoneId: string): MockState => {
    const one = state(phoneId);
    one.recording = { steps: 3, full: false };
    return one;
  };
  const save = (phoneId: string, name: unknown): MockMacro => {
    state(phoneId).recording = null;
    return keep(name, RECORDED);
  };
  const play = (phoneId: string, { macroId, loops }: Record<string, unknown>): MockState => {
    const one = state(phoneId);
    one.run = {
      macroId: String(macroId),
      state: 'running',
      step: 1,
      loops: Number(loops),
      loopsDone: 0,
      message: '',
    };
    return one;
  };
  const stop = (phoneId: string): MockState => {
    const one = state(phoneId);
    if (one.run !== null) one.run.state = 'stopped';
    return one;
  };
  return [
    [
      'GET',
      /^\/v1\/macros$/,
      () => ({ macros: [...kept.values()].map(({ macroId, name }) => ({ macroId, name })) }),
    ],
    ['POST', /^\/v1\/macros$/, ({ body }) => keep(body['name'], checked(body['steps']))],
    ['GET', /^\/v1\/macros\/(\w+)$/, ({ part }) => find(part)],
    ['PATCH', /^\/v1\/macros\/(\w+)$/, ({ part, body }) => change(part, body)],
    ['DELETE', /^\/v1\/macros\/(\w+)$/, ({ part }) => void kept.delete(part)],
    ['GET', /^\/v1\/phones\/(\w+)\/macro$/, ({ part }) => state(part)],
    ['POST', /^\/v1\/phones\/(\w+)\/macro\/record$/, ({ part }) => record(part)],
    [
      'DELETE',
      /^\/v1\/phones\/(\w+)\/macro\/record$/,
      ({ part }) => Object.assign(state(part), { recording: null }),
    ],
    ['POST', /^\/v1\/phones\/(\w+)\/macro\/save$/, ({ part, body }) => save(part, body['name'])],
    ['POST', /^\/v1\/phones\/(\w+)\/macro\/play$/, ({ part, body }) => play(part, body)],
    ['POST', /^\/v1\/phones\/(\w+)\/macro\/stop$/, ({ part }) => stop(part)],
  ];
}

/** Of the gateway's rules one: a tap is within the picture. */
function checked(steps: unknown): readonly object[] {
  const list = steps as { tap?: { at: { x: number } } }[];
  const bad = list.findIndex(({ tap }) => tap !== undefined && tap.at.x > 1);
  if (bad < 0) return list;
  const field = `steps.${bad}.tap.at.x`;
  throw new Refused(
    400,
    'INVALID_ARGUMENT',
    `${field}: Too big: expected number to be <=1`,
    'see /v1/openapi.json',
    field,
  );
}
