import fs from 'node:fs';
import os from 'node:os';
import { offeredRenderNodes } from '@ancloud/contracts';
import type { Condition } from '@ancloud/contracts/common/v1/common';
import type { Exec } from '@ancloud/kit';
import { parseCapabilities, parseHardLimits } from '../core/capabilities.js';
import {
  binderNames,
  binderSets,
  type DeviceNumber,
  type HostAbilities,
  type HostBinder,
  selinuxState,
} from '../core/host-abilities.js';
import { securitySysctls } from '../core/oci-config.js';
import type { OciHost } from '../core/oci-parts.js';
import { profiles } from '../core/profiles/registry.js';
import { hasUinput } from './pad.js';
import { hasSealableMemfd } from './syscalls.js';

/** What this kernel can do, asked once at the start: none of it changes while the machine runs. */
export interface HostKernel {
  readonly oci: OciHost;
  readonly abilities: HostAbilities;
  readonly conditions: readonly Condition[];
}

export interface KernelOptions {
  readonly exec: Exec;
  readonly hostcapBin: string;
  /** This host's, by which its operator offers render nodes. */
  readonly labels: Readonly<Record<string, string>>;
  /** CPUs that phones run on; undefined = all. */
  readonly phoneCpus: string | undefined;
}

export async function probeKernel({
  exec,
  hostcapBin,
  labels,
  phoneCpus,
}: KernelOptions): Promise<HostKernel> {
  const [idmap, vsock] = await Promise.all([
    ask(exec, [hostcapBin, 'idmap-probe', '--type', 'squashfs']),
    ask(exec, [hostcapBin, 'vsock-probe']),
  ]);
  const status = read('/proc/self/status');
  const binder = probeBinder();
  const selinux = selinuxState({
    enforce: read('/sys/fs/selinux/enforce'),
    filesystems: read('/proc/filesystems'),
    lsm: read('/sys/kernel/security/lsm'),
    config: read('/etc/selinux/config'),
  });
  const renderNodes = offeredRenderNodes(labels).filter((name) => numberOf(`/dev/dri/${name}`) !== undefined);
  return {
    oci: {
      arch: process.arch,
      capabilities: parseCapabilities(status),
      nofileHard: parseHardLimits(read('/proc/self/limits')).nofile,
      binder,
      devices: probeDevices(renderNodes),
      sysctls: Object.keys(securitySysctls).filter((name) => fs.existsSync(`/proc/sys/${name}`)),
    },
    abilities: {
      arch: process.arch,
      binder,
      memfd: hasSealableMemfd(),
      ashmem: numberOf('/dev/ashmem') !== undefined,
      selinux,
      vsock: vsock.yes,
      idmap: idmap.yes,
      renderNodes,
      phoneCpus,
      pads: hasUinput(),
    },
    conditions: [
      {
        type: 'UserNamespaceUnavailable',
        active: !idmap.yes,
        message: idmap.yes
          ? ''
          : `phones run without a user namespace: ${idmap.why || 'squashfs cannot be idmapped'}; Linux 6.2 or later can`,
      },
      binderCondition(binder),
      {
        type: 'SelinuxEnforcing',
        active: selinux === 'enforcing',
        message:
          selinux === 'enforcing'
            ? 'SELinux is enforcing: only the reference guest can run; setenforce 0, or SELINUX=permissive in /etc/selinux/config, is the operator’s choice'
            : '',
      },
    ],
  };
}

function binderCondition(binder: HostBinder): Condition {
  const messages: Readonly<Record<HostBinder['kind'], string>> = {
    binderfs: '',
    static: `the kernel ${os.release()} has no binderfs: each Android phone takes one of the sets of binder nodes that were made when binder_linux was loaded`,
    none: `the kernel ${os.release()} has no binder: only the reference guest can run; use a kernel with CONFIG_ANDROID_BINDERFS (./ancloud doctor)`,
  };
  return {
    type: binder.kind === 'static' ? 'StaticBinder' : 'NoBinder',
    active: binder.kind !== 'binderfs',
    message: messages[binder.kind],
  };
}

/** binderfs wins: it has room for every phone. The major of its devices is given out anew at each start of the machine. */
function probeBinder(): HostBinder {
  if (/^nodev\s+binder$/m.test(read('/proc/filesystems'))) {
    const major = /^\s*(\d+) binder$/m.exec(read('/proc/devices'))?.[1];
    if (major !== undefined) return { kind: 'binderfs', major: Number(major) };
  }
  const nodes = new Map<string, DeviceNumber>();
  for (const name of fs.readdirSync('/dev')) {
    const number = binderNames.some((binder) => name.startsWith(binder))
      ? numberOf(`/dev/${name}`)
      : undefined;
    if (number !== undefined) nodes.set(name, number);
  }
  const sets = binderSets(nodes);
  return sets.length === 0 ? { kind: 'none' } : { kind: 'static', sets };
}

/** Every node that a profile may give a phone. */
function probeDevices(renderNodes: readonly string[]): ReadonlyMap<string, DeviceNumber> {
  const paths = new Set([
    ...Object.values(profiles).flatMap(({ devices }) => devices.map(({ from }) => from)),
    '/dev/ashmem',
    ...renderNodes.map((name) => `/dev/dri/${name}`),
  ]);
  return new Map(
    [...paths].flatMap((node): [string, DeviceNumber][] => {
      const number = numberOf(node);
      return number === undefined ? [] : [[node, number]];
    }),
  );
}

/** Undefined unless it is a character device. Linux's dev_t as user space sees it: 12 bits of major, 20 of minor. */
function numberOf(node: string): DeviceNumber | undefined {
  const stat = fs.statSync(node, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isCharacterDevice()) return undefined;
  const { rdev } = stat;
  return { major: (rdev >> 8) & 0xfff, minor: (rdev & 0xff) | ((rdev >> 12) & 0xfff00) };
}

async function ask(
  exec: Exec,
  argv: readonly string[],
): Promise<{ readonly yes: boolean; readonly why: string }> {
  const { code, stderr } = await exec(argv, { okCodes: [0, 1, 3] });
  return { yes: code === 0, why: stderr.trim().replace(/^ancloud-hostcap: /, '') };
}

/** Empty when it cannot be read. */
function read(file: string): string {
  try {
    return fs.readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
