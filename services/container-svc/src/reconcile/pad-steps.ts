import fs from 'node:fs';
import { type PadRecord, permitPad } from '../core/pad.js';
import type { OciConfig } from '../core/oci-config.js';
import { isMounted } from '../io/mounts.js';
import { mountInputFolder, placeNode, type PadRun } from '../io/pad.js';
import { readRunJson, writeRunFile, writeRunJson } from '../io/run-file.js';
import type { ExecutorOptions, StepContext } from './step-context.js';

/** First host id of the phone's ids. */
const baseOf = ({ observed: { boot, identity } }: StepContext): number =>
  boot?.userns === true ? (identity?.base ?? 0) : 0;

export function mountInput(
  { paths }: ExecutorOptions,
  context: StepContext,
  inside: () => void,
): Promise<void> {
  const { input } = paths.run(context.phone);
  if (!isMounted(input)) mountInputFolder(input, baseOf(context));
  inside();
  return Promise.resolve();
}

/**
 * The gamepad is there: its node comes, the bundle permits it, and then crun may read that. Undefined for a phone without one. All of it
 * is done anew when a create is tried again, with the numbers of another gamepad.
 */
export function padMaker(
  { paths, clock }: ExecutorOptions,
  context: StepContext,
): PadRun['made'] | undefined {
  if (context.observed.boot?.shape?.pad !== true) return undefined;
  const run = paths.run(context.phone);
  return (pad) => {
    placeNode(run.input, baseOf(context), pad);
    const config = JSON.parse(fs.readFileSync(run.config, 'utf8')) as OciConfig;
    writeRunFile(run.config, JSON.stringify(permitPad(config, pad)), 0o600);
    writeRunJson(run.pad, { ...pad, placedAtMs: clock.now() } satisfies PadRecord);
  };
}

export function placePad(
  { paths, clock }: ExecutorOptions,
  context: StepContext,
  inside: () => void,
): Promise<void> {
  const run = paths.run(context.phone);
  const record = readRunJson<PadRecord>(run.pad);
  if (record === undefined) return Promise.resolve();
  // Before the node: a phone that deletes it faster than it is made must not keep this host busy.
  writeRunJson(run.pad, { ...record, placedAtMs: clock.now() });
  inside();
  placeNode(run.input, baseOf(context), record);
  return Promise.resolve();
}
