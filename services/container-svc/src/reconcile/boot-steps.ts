import crypto from 'node:crypto';
import fs from 'node:fs';
import type { Boot, LastBoot } from '../core/observed.js';
import { kernelCommandLine, ociConfig, securitySysctls } from '../core/oci-config.js';
import { criticalService, lastWords } from '../core/phone-log.js';
import type { StepArgs } from '../core/steps.js';
import { placeAdbKey } from '../io/adb-key.js';
import type { RunPaths } from '../io/paths.js';
import { tailOf } from '../io/phone-log-file.js';
import { writeRunFile, writeRunJson } from '../io/run-file.js';
import { bootTimeMs, mkfifo } from '../io/syscalls.js';
import { phoneParameters, propertyTarget, wayOf } from './shape-steps.js';
import type { ExecutorOptions, StepContext } from './step-context.js';
import { viewRecord } from './view-steps.js';

const LAST_WORDS_BYTES = 16 * 1024;

/** Files of one boot; last.json and the shim's lock outlive it. */
function filesOf(run: RunPaths): string[] {
  const { bundle, kmsg, pidFile, stop, started, timing, view, pad } = run;
  const { createRecord, exitRecord, shimSocket, shimRecord, door } = run;
  const ofShim = [createRecord, exitRecord, shimSocket, shimRecord, door];
  return [bundle, kmsg, pidFile, stop, started, timing, view, pad, ...ofShim];
}

function removeFiles(run: RunPaths): void {
  for (const file of filesOf(run)) fs.rmSync(file, { recursive: true, force: true });
}

/** boot.json comes last: without it no boot is open, whatever else is there. */
export function openBoot(
  options: ExecutorOptions,
  { fingerprint, imageId, userns, shape, reboots }: StepArgs['openBoot'],
  context: StepContext,
  inside: () => void,
): Promise<void> {
  const { paths, clock } = options;
  const run = paths.run(context.phone);
  fs.mkdirSync(run.root, { recursive: true });
  // As the storage: only a phone with shifted ids has to pass here as an unprivileged one.
  fs.chmodSync(run.root, userns ? 0o711 : 0o700);
  // What a killed closeBoot left.
  removeFiles(run);
  inside();
  // A boot that answers the wish counts from when the wish was accepted; a restart from now.
  const answered = context.observed.last?.revision ?? -1;
  const first = answered < context.target.desired.revision;
  const boot: Boot = {
    bootId: crypto.randomBytes(8).toString('hex'),
    fingerprint,
    imageId,
    userns,
    revision: context.target.desired.revision,
    acceptedAtMs: first ? context.accepted.atMs : clock.now(),
    acceptedBootMs: first ? context.accepted.bootMs : bootTimeMs(),
    shape,
    reboots,
  };
  writeRunJson(run.boot, boot);
  return Promise.resolve();
}

/** config.json comes last: its existence is what says that the bundle is written. */
export async function writeBundle(
  options: ExecutorOptions,
  context: StepContext,
  inside: () => void,
): Promise<void> {
  const { paths, kernel, cgroupOf, adbKey, log, lxcfs } = options;
  const { phone, observed, target } = context;
  const way = wayOf(context, 'writing the bundle of');
  const { spec, profile } = way;
  const run = paths.run(phone);
  const data = paths.data(phone, observed.identity);
  const base = observed.boot?.userns === true ? observed.identity?.base : undefined;
  const parameters = phoneParameters(options, context, way);
  fs.mkdirSync(run.sysctls, { recursive: true, mode: 0o755 });
  for (const name of kernel.oci.sysctls) {
    const file = `${run.sysctls}/${name.split('/').at(-1)}`;
    writeRunFile(file, securitySysctls[name] ?? '', 0o644);
    fs.chownSync(file, base ?? 0, base ?? 0);
  }
  writeRunFile(run.empty, '', 0o444);
  writeRunFile(run.cmdline, kernelCommandLine(profile, spec, parameters), 0o444);
  if (!fs.existsSync(run.kmsg)) mkfifo(run.kmsg, 0o600);
  fs.chownSync(run.kmsg, base ?? 0, base ?? 0);
  // Asked now: crun fails at the files of one that has died since the last look.
  await lxcfs.look();
  const { view } = lxcfs;
  writeRunJson(run.view, viewRecord(view));
  inside();
  const key = adbKey();
  try {
    if (key !== undefined) placeAdbKey(data, key, base ?? 0);
  } catch (err) {
    log.warn({ phone, err }, 'the adb key could not be placed in the phone’s data');
  }
  const covered = propertyTarget(run.rootfs, way);
  const config = ociConfig(profile, spec, kernel.oci, {
    ...parameters,
    rootfs: run.rootfs,
    data,
    kmsg: run.kmsg,
    cmdline: run.cmdline,
    sysctlDir: run.sysctls,
    emptyFile: run.empty,
    binderDir: run.binder,
    binderSet: target.slot,
    inputDir: observed.boot?.shape?.pad === true ? run.input : undefined,
    propertyFile: covered === undefined ? undefined : { source: run.properties, target: covered },
    view,
    cgroup: cgroupOf(phone),
    base,
    has32Bit: way.image.has32Bit,
  });
  writeRunFile(run.config, JSON.stringify(config), 0o600);
}

/** boot.json → last.json. From the moment boot.json is gone the boot is over; its files are swept here or by openBoot. */
export function closeBoot(
  options: ExecutorOptions,
  ending: StepArgs['closeBoot']['ending'],
  { phone, observed }: StepContext,
  inside: () => void,
): Promise<void> {
  const { paths } = options;
  const run = paths.run(phone);
  const { boot, container } = observed;
  const exit = 'exit' in container ? container.exit : undefined;
  const bootId = boot?.bootId ?? '';
  const wished = ending === 'asked' || ending === 'reboot';
  const words = wished ? '' : tailOf(paths.logFile(phone), LAST_WORDS_BYTES);
  const critical = criticalService(words, bootId);
  const last: LastBoot = {
    bootId,
    ending,
    revision: boot?.revision ?? 0,
    ...(exit === undefined ? {} : { exit }),
    ...(observed.stop?.late === undefined ? {} : { late: observed.stop.late }),
    ...(critical === undefined ? {} : { critical }),
    message: lastWords(words),
  };
  writeRunJson(run.last, last);
  inside();
  fs.rmSync(run.boot, { force: true });
  removeFiles(run);
  return Promise.resolve();
}
