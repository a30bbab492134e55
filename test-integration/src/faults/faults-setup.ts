import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Profile } from '@ancloud/contracts/common/v1/common';
import type { TestProject } from 'vitest/node';
import { buildGuest } from '../harness/build-guest.js';
import { LoneHost } from './lone-host.js';
import { sweepDeadHosts } from './remains.js';
import type { Scenario } from './scenario.js';
import { type ScenarioName, scenarioNames, scenarios } from './scenarios.js';
import { countsOf, tracesOf } from './sweep.js';

/** What every file of the tier is told. */
export interface Prepared {
  /** Folder that holds the images below; hosts may import from it. */
  readonly folder: string;
  readonly images: readonly [string, string];
  /** Steps to be killed in, by the first scenario in whose undisturbed course they ran. */
  readonly steps: Readonly<Record<ScenarioName, readonly string[]>>;
  /** What an undisturbed phone has on this machine when a scenario's wish is reached. */
  readonly counts: Readonly<Record<ScenarioName, Readonly<Record<string, number>>>>;
}

declare module 'vitest' {
  interface ProvidedContext {
    prepared: Prepared;
  }
}

/** Before any plan is made, with every wish: no step of the plan, so not in the log. */
const WITH_EVERY_WISH = 'saveTarget';
/** Of phones with gamepads, which need uinput: src/vm/pads.ts kills in the last, and in createContainer while the gamepad is made. */
const ON_UINPUT = ['mountInput', 'unmountInput', 'placePad'];
/** Steps of families that run on binder alone, which this machine's kernel may lack: src/vm/shape-kills.ts kills in them. */
const ON_BINDER = ['mountBinder', 'writeProperties', 'writeIpConfig', 'unmountBinder', 'removeIpConfig'];
const ROOT = path.join(import.meta.dirname, '../../..');

/** Two images from one guest, and one undisturbed run of each scenario, which tells the steps that there are to be killed in. */
export default async function setup(project: TestProject): Promise<() => void> {
  sweepDeadHosts();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-faults-'));
  const remove = (): void => fs.rmSync(folder, { recursive: true, force: true });
  try {
    const images = makeImages(folder, await buildGuest());
    const { steps, counts } = await undisturbed(folder, images).catch((error: unknown) => {
      // Seen once in a dozen runs: a course of a loaded machine went another way, and said so by a step that it never came to.
      process.stderr.write(`${String(error)}; looking once more\n`);
      return undisturbed(folder, images);
    });
    project.provide('prepared', { folder, images, steps, counts });
  } catch (error) {
    remove();
    throw error;
  }
  return remove;
}

/** Squashfs ends at its own length: what stands behind it changes the file's digest and nothing else. */
function makeImages(folder: string, guest: string): readonly [string, string] {
  const images = [path.join(folder, 'first.sqfs'), path.join(folder, 'second.sqfs')] as const;
  for (const image of images) fs.copyFileSync(guest, image);
  fs.appendFileSync(images[1], Buffer.alloc(4_096));
  return images;
}

async function undisturbed(
  folder: string,
  [first, second]: readonly [string, string],
): Promise<Pick<Prepared, 'steps' | 'counts'>> {
  const listed = execFileSync(
    process.execPath,
    [path.join(ROOT, 'services/container-svc/bundle/main.js'), '--list-steps'],
    { encoding: 'utf8' },
  )
    .split('\n')
    .filter((name) => name !== '');
  const steps = {} as Record<ScenarioName, string[]>;
  const counts = {} as Record<ScenarioName, Record<string, number>>;
  const host = new LoneHost({ importDirs: [folder] });
  try {
    await host.start();
    const images = {
      first: await host.import(first, Profile.PROFILE_REFERENCE),
      second: await host.import(second, Profile.PROFILE_REFERENCE),
    };
    const seen = new Set<string>();
    for (const name of scenarioNames) {
      const scenario: Scenario = scenarios[name];
      const phone = `ph_${name}`;
      await host.restart(scenario.env ?? {});
      await scenario.begin(host, phone, images);
      const from = host.service.log.length;
      await scenario.wish(host, phone, images);
      await scenario.reached(host, phone);
      await host.settled(phone);
      const ran = host.service.log
        .slice(from)
        .flatMap(({ msg, step }) => (msg === 'step' && typeof step === 'object' ? [step.name] : []));
      steps[name] = [...new Set(ran)].filter((step) => !seen.has(step));
      for (const step of steps[name]) seen.add(step);
      steps[name].unshift(...(scenario.again ?? []));
      // No step of a plan, so not in the log: whoever runs it says so.
      for (const step of scenario.again ?? []) seen.add(step);
      if (name === 'boot' || name === 'stop' || name === 'remove') steps[name].unshift(WITH_EVERY_WISH);
      counts[name] = countsOf(tracesOf(host.place, phone));
      await host.local.stopContainer({ phoneId: phone, remove: true }).catch(() => {});
    }
    seen.add(WITH_EVERY_WISH);
    const elsewhere = [...ON_BINDER, ...ON_UINPUT];
    const missing = listed.filter((step) => !seen.has(step) && !elsewhere.includes(step));
    if (missing.length > 0)
      throw new Error(
        `no scenario of src/faults/scenarios.ts runs ${missing.join(', ')}: add one that does; the service warned: ${warningsOf(host)}`,
      );
    const unlisted = [...seen].filter((step) => !listed.includes(step));
    if (unlisted.length > 0) throw new Error(`--list-steps does not name ${unlisted.join(', ')}`);
  } finally {
    await host.remove();
  }
  return { steps, counts };
}

function warningsOf(host: LoneHost): string {
  const warned = host.service.log.filter(({ level }) => level === 'warn' || level === 'error');
  return warned
    .map(({ msg, step, err }) => `${msg} (${JSON.stringify(step ?? err?.message ?? '')})`)
    .join(', ');
}
