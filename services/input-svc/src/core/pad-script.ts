import type { PadMoment, PlayPad } from '@ancloud/contracts/input/v1/inject';
import { PadState } from '@ancloud/contracts/input/v1/viewer';
import type { Plan, Step } from './fingers.js';
import { invalid, long, missing, type Refusal, scriptLimits } from './script-limits.js';

/** A moment stays so long when nobody says for how long: a short press. */
const STAY_MS = 60;
/** Of an axis one way. */
const AXIS = 32_767;
/** The standard gamepad has so many. */
const BUTTONS = 17;
const STICKS = ['leftX', 'leftY', 'rightX', 'rightY'] as const;
const TRIGGERS = ['leftTrigger', 'rightTrigger'] as const;

type Shape = Omit<PadState, 'sequence'>;

const rest: Shape = PadState.fromPartial({});

/** A gamepad's moments as messages, each the whole of it; the last one of each round is at rest. Pure and total. */
export function planPad({ moments, durationMs, repeat }: PlayPad): Plan | Refusal {
  if (moments.length === 0) return missing('gamepad.moments');
  if (moments.length > scriptLimits.points)
    return long('gamepad.moments', `${moments.length} moments are more than ${scriptLimits.points}`);
  let before = -1;
  for (const [index, moment] of moments.entries()) {
    const bad = momentProblem(`gamepad.moments[${index}]`, moment, before);
    if (bad !== undefined) return bad;
    before = moment.atMs;
  }
  const onceMs = durationMs === 0 ? before + STAY_MS : durationMs;
  if (onceMs <= before)
    return invalid('gamepad.durationMs', `${onceMs} ms end before the last moment, at ${before} ms`);
  const times = Math.max(1, repeat);
  if (onceMs * times > scriptLimits.durationMs)
    return long(
      times > 1 ? 'gamepad.repeat' : 'gamepad.durationMs',
      `it would take ${onceMs * times} ms, more than ${scriptLimits.durationMs}`,
    );
  if ((moments.length + 1) * times > scriptLimits.steps)
    return long('gamepad.repeat', `it is more than ${scriptLimits.steps} inputs`);
  const states = moments.map(shapeOf);
  const steps: Step[] = [];
  let buttons = 0;
  const tell = (atMs: number, state: Shape, ends: boolean): void => {
    const value = { ...state, sequence: steps.length + 1 };
    // Of sticks on their way one is healed by the next. Of buttons none may be left out, nor the last of all.
    const moves = !ends && steps.length > 0 && state.buttons === buttons;
    buttons = state.buttons;
    // A state that comes before the one before it is told makes that void (session-svc, PadPipe).
    steps.push({ atMs, inputs: [{ $case: 'pad', value }], moves, ...(moves ? {} : { waits: true }) });
  };
  for (let round = 0; round < times; round += 1) {
    for (const [index, state] of states.entries())
      tell(round * onceMs + (moments[index]?.atMs ?? 0), state, false);
    tell((round + 1) * onceMs, rest, true);
  }
  return { steps, durationMs: onceMs * times, holds: false, name: 'gamepad' };
}

function momentProblem(field: string, moment: PadMoment, beforeMs: number): Refusal | undefined {
  if (moment.atMs <= beforeMs)
    return invalid(`${field}.atMs`, `${moment.atMs} ms is not after the moment before it`);
  for (const stick of STICKS)
    if (!(Math.abs(moment[stick]) <= 1)) return invalid(`${field}.${stick}`, `${stick} is outside -1 to 1`);
  for (const trigger of TRIGGERS)
    if (!(moment[trigger] >= 0 && moment[trigger] <= 1))
      return invalid(`${field}.${trigger}`, `${trigger} is outside 0-1`);
  if (moment.buttons >>> BUTTONS !== 0)
    return invalid(`${field}.buttons`, `there is no button above ${BUTTONS - 1}`);
  return undefined;
}

function shapeOf(moment: PadMoment): Shape {
  const scaled = (share: number): number => Math.round(share * AXIS) + 0;
  return {
    leftX: scaled(moment.leftX),
    leftY: scaled(moment.leftY),
    rightX: scaled(moment.rightX),
    rightY: scaled(moment.rightY),
    leftTrigger: scaled(moment.leftTrigger),
    rightTrigger: scaled(moment.rightTrigger),
    buttons: moment.buttons,
  };
}
