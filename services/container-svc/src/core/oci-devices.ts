import { binderNames, type DeviceNumber, type HostBinder } from './host-abilities.js';
import type { OciHost, OciMount, OciPhone } from './oci-parts.js';
import { ashmem, renderNodeRule } from './profiles/android.js';
import type { DeviceRule, RunProfile } from './profiles/profile.js';

type Node = DeviceRule & DeviceNumber;

interface OciDeviceRule {
  readonly allow: boolean;
  readonly type?: 'c';
  readonly major?: number;
  readonly minor?: number;
  readonly access: string;
}

/** null, zero, full, random, urandom, tty, ptmx (kernel Documentation/admin-guide/devices.txt); pts/* are major 136. */
const basicDevices: readonly (readonly [number, number])[] = [
  [1, 3],
  [1, 5],
  [1, 7],
  [1, 8],
  [1, 9],
  [5, 0],
  [5, 2],
];

/** The profile's nodes that this host has, what the phone was promised, and binder's where they were made beforehand. */
function nodesOf(profile: RunProfile, host: OciHost, phone: OciPhone): Node[] {
  const rules = [
    ...profile.devices,
    ...(phone.sharedMemory === 'ashmem' ? [ashmem] : []),
    ...(phone.renderNode === undefined ? [] : [renderNodeRule(phone.renderNode)]),
  ];
  const nodes = rules.flatMap((rule) => {
    const number = host.devices.get(rule.from);
    return number === undefined ? [] : [{ ...rule, ...number }];
  });
  return [...nodes, ...staticBinder(profile, host.binder, phone.binderSet)];
}

/** A node of our own with the set's numbers: the host's stay root's. */
function staticBinder(profile: RunProfile, binder: HostBinder, index: number): Node[] {
  if (binder.kind !== 'static' || !profile.needsBinder) return [];
  const set = binder.sets[index];
  if (set === undefined) return [];
  const { binder: shape } = profile;
  return binderNames.flatMap((name) => {
    const path = shape.kind === 'nodes' ? shape.paths[name] : `/dev/${name}`;
    return path === undefined ? [] : [{ path, from: path, uid: 0, gid: 0, mode: 0o666, ...set[name] }];
  });
}

/** `linux.devices`. In a user namespace nothing can be made: there the host's nodes are bound (`deviceMounts`). */
export function ociDevices(profile: RunProfile, host: OciHost, phone: OciPhone): object[] {
  if (phone.base !== undefined) return [];
  return nodesOf(profile, host, phone).map(({ path, major, minor, uid, gid, mode }) => ({
    path,
    type: 'c',
    major,
    minor,
    uid,
    gid,
    fileMode: mode,
  }));
}

/** Bound nodes keep the host's owner and mode: a phone with a user namespace opens only those that are open to all. */
export function deviceMounts(profile: RunProfile, host: OciHost, phone: OciPhone): OciMount[] {
  if (phone.base === undefined) return [];
  return nodesOf(profile, host, phone).map(({ path, from }) => nodeMount(from, path));
}

export function nodeMount(source: string, destination: string): OciMount {
  return { destination, type: 'bind', source, options: ['bind', 'nosuid', 'noexec', 'rw'] };
}

/** Nothing, then what is named: the rest can be opened nowhere. crun adds rules by which nodes of any number can be made. */
export function deviceRules(profile: RunProfile, host: OciHost, phone: OciPhone): OciDeviceRule[] {
  const allow = (major: number, minor?: number): OciDeviceRule => ({
    allow: true,
    type: 'c',
    major,
    ...(minor === undefined ? {} : { minor }),
    access: 'rwm',
  });
  return [
    { allow: false, access: 'rwm' },
    ...basicDevices.map(([major, minor]) => allow(major, minor)),
    allow(136),
    ...nodesOf(profile, host, phone).map(({ major, minor }) => allow(major, minor)),
    ...(host.binder.kind === 'binderfs' ? [allow(host.binder.major)] : []),
  ];
}
