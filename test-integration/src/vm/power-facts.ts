import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { type Desired, Wanted } from '@ancloud/contracts/common/v1/common';
import { Stage } from '@ancloud/contracts/state/v1/state';
import type { LoneHost } from '../faults/lone-host.js';
import { eventually, NotYet } from '../harness/eventually.js';
import { type Facts, factsAfter, IDS, markOf, uploaded } from './power-work.js';

/** State files that are not JSON, read before any service has seen them. */
export function unreadable(state: string): string[] {
  return ['state', 'tombstones', 'images', 'snapshots', 'uploads', 'phones']
    .flatMap((folder) => list(`${state}/${folder}`).map((name) => `${state}/${folder}/${name}`))
    .map((file) => (file.startsWith(`${state}/phones/`) ? `${file}/identity.json` : file))
    .filter((file) => file.endsWith('.json') && fs.existsSync(file))
    .filter((file) => {
      try {
        JSON.parse(fs.readFileSync(file, 'utf8'));
        return false;
      } catch {
        return true;
      }
    });
}

/** What is so of a host once its phones are where they are wanted. */
export async function factsOf(host: LoneHost): Promise<Facts> {
  const { state } = host.place;
  const facts: Facts = new Map();
  for (const phone of list(`${state}/state`).flatMap((name) => /^(ph_\w+)\.json$/.exec(name)?.[1] ?? [])) {
    const desired = host.target(phone)?.desired;
    if (desired?.wanted === Wanted.WANTED_REMOVED) {
      await host.gone(phone);
      continue;
    }
    const runs = desired?.wanted === Wanted.WANTED_RUNNING;
    await host.until(phone, runs ? Stage.STAGE_READY : Stage.STAGE_STOPPED);
    const { diskMib = 0 } = desired === undefined ? {} : await settled(host, phone, desired);
    if (diskMib !== 0) facts.set(`disk of ${phone}`, `${diskMib} MiB`);
    facts.set(`phone ${phone}`, `${runs ? 'running' : 'stopped'} ${desired?.spec?.limits?.pids}`);
    for (const text of marksOf(host, phone, runs)) facts.set(markOf(phone, text), 'whole');
    if (phone === 'ph_b' && runs) facts.set('who ph_b is', whoIs(host, phone));
  }
  const { images, snapshots } = await host.phones.hostFacts({});
  for (const { name, imageId } of images) {
    const digest = imageId.replace('sha256:', '');
    facts.set(`image ${name}`, sha256(`${state}/images/${digest}.sqfs`) === digest ? 'whole' : 'torn');
  }
  for (const { snapshotId, sha256: digest } of snapshots)
    facts.set(
      `snapshot ${snapshotId}`,
      sha256(`${state}/snapshots/${digest}.sqfs`) === digest ? 'whole' : 'torn',
    );
  for (const { uploadId } of (await host.phones.listUploads({})).uploads)
    facts.set('upload', uploaded(`${state}/uploads/${uploadId}.part`));
  return facts;
}

/**
 * Waits for what is done to a phone that is where it is wanted already, a snapshot that was asked for or a larger disk: a cut inside
 * is no reason not to do it. Answers what is known of the data then.
 */
function settled(
  host: LoneHost,
  phone: string,
  { snapshot, spec }: Desired,
): Promise<{ readonly taken?: string; readonly diskMib?: number }> {
  const file = `${host.place.state}/phones/${phone}/identity.json`;
  return eventually(() => {
    const identity = JSON.parse(fs.readFileSync(file, 'utf8')) as { taken?: string; diskMib?: number };
    if (snapshot !== undefined && identity.taken !== snapshot.snapshotId)
      throw new NotYet(`the last snapshot of ${phone} is ${identity.taken}, not ${snapshot.snapshotId}`);
    if (identity.diskMib !== undefined && identity.diskMib < (spec?.limits?.diskMib ?? 0))
      throw new NotYet(`the disk of ${phone} has ${identity.diskMib} MiB`);
    return identity;
  }, host.patienceMs);
}

/** Texts that the phone has written and still has whole. */
function marksOf(host: LoneHost, phone: string, runs: boolean): string[] {
  const folder = `${host.place.state}/phones/${phone}/data`;
  const pairs = runs
    ? host
        .inside(phone, '/system/bin/sh', '-c', 'cd /data; for f in mark-*; do echo "$f $(cat $f)"; done')
        .split('\n')
    : list(folder)
        .filter((name) => name.startsWith('mark-'))
        .map((name) => `${name} ${fs.readFileSync(path.join(folder, name), 'utf8').trim()}`);
  return pairs.flatMap((line) => {
    const [name, text] = line.split(' ');
    return text !== undefined && name === `mark-${text}` ? [text] : [];
  });
}

function whoIs(host: LoneHost, phone: string): string {
  const script = `[ ! -e ${IDS} ] || echo its origin`;
  return host.inside(phone, '/system/bin/sh', '-c', script).trim() || 'itself';
}

/** Files of the state directory that belong to nothing that the host knows. */
export async function strays(host: LoneHost): Promise<string[]> {
  const { state } = host.place;
  const { images, snapshots } = await host.phones.hostFacts({});
  const { uploads } = await host.phones.listUploads({});
  const { phones } = await host.phones.listPhones({});
  const known = new Set([
    ...images.flatMap(({ imageId }) => pair(`images/${imageId.replace('sha256:', '')}`, 'sqfs')),
    ...snapshots.flatMap(({ snapshotId, sha256: digest }) => [
      `snapshots/${snapshotId}.json`,
      `snapshots/${digest}.sqfs`,
    ]),
    ...uploads.flatMap(({ uploadId }) => pair(`uploads/${uploadId}`, 'part')),
    ...phones.flatMap(({ phoneId }) => [
      `state/${phoneId}.json`,
      ...['identity.json', 'data', 'data-work', 'upper', 'work', 'log', 'disk.ext4'].map(
        (name) => `phones/${phoneId}/${name}`,
      ),
    ]),
  ]);
  const found = ['images', 'snapshots', 'uploads', 'state', 'tombstones', 'phones'].flatMap((folder) =>
    list(`${state}/${folder}`).flatMap((name) =>
      folder === 'phones'
        ? list(`${state}/phones/${name}`).map((file) => `phones/${name}/${file}`)
        : [`${folder}/${name}`],
    ),
  );
  return found.filter((file) => !known.has(file));
}

const pair = (file: string, kind: string): string[] => [`${file}.json`, `${file}.${kind}`];

/**
 * What is wrong with a host whose power went when so many deeds were done and the next may have been under way: each thing must be
 * as it was before that deed, or as it is after it.
 */
export function broken(found: Facts, done: number): string[] {
  const [before, after] = [factsAfter(done), factsAfter(done + 1)];
  if (found.has('who ph_b is')) for (const facts of [before, after]) facts.set('who ph_b is', 'itself');
  else for (const facts of [before, after]) facts.delete('who ph_b is');
  return [...new Set([...found.keys(), ...before.keys(), ...after.keys()])].flatMap((key) => {
    const [is, was, becomes] = [found.get(key), before.get(key), after.get(key)];
    const fine = is === was || is === becomes || (key === 'upload' && within(is, was, becomes));
    return fine ? [] : [`${key} is ${is}, not ${was}${was === becomes ? '' : ` or ${becomes}`}`];
  });
}

/** An upload goes on wherever its bytes end. */
function within(is = '', was = '0', becomes = ''): boolean {
  const at = Number(/^(\d+) whole$/.exec(is)?.[1] ?? Number.NaN);
  return was !== becomes && at >= Number.parseInt(was) && at <= Number.parseInt(becomes);
}

function sha256(file: string): string {
  return crypto.createHash('sha256').update(fs.readFileSync(file)).digest('hex');
}

function list(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}
