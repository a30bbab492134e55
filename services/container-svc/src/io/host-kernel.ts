import fs from 'node:fs';
import os from 'node:os';
import type { Condition } from '@ancloud/contracts/common/v1/common';
import type { Exec } from '@ancloud/kit';
import { parseCapabilities, parseHardLimits } from '../core/capabilities.js';
import { type OciHost, securitySysctls } from '../core/oci-config.js';

/** What this kernel can do, asked once at the start: none of it changes while the machine runs. */
export interface HostKernel {
  readonly oci: OciHost;
  /** Squashfs can be mounted with shifted ids, and user namespaces can be made. */
  readonly idmap: boolean;
  /** AF_VSOCK exists: 32-bit images cannot be kept from it by seccomp. */
  readonly vsock: boolean;
  readonly conditions: readonly Condition[];
}

const nodes = ['/dev/fuse', '/dev/net/tun', '/dev/tun'];

export async function probeKernel(exec: Exec, hostcapBin: string): Promise<HostKernel> {
  const [idmap, vsock] = await Promise.all([
    ask(exec, [hostcapBin, 'idmap-probe', '--type', 'squashfs']),
    ask(exec, [hostcapBin, 'vsock-probe']),
  ]);
  const binderfs = /^nodev\s+binder$/m.test(fs.readFileSync('/proc/filesystems', 'latin1'));
  const binderMajor = binderfs ? majorOf('binder') : undefined;
  const status = fs.readFileSync('/proc/self/status', 'latin1');
  const condition = (type: string, active: boolean, message: string): Condition => ({
    type,
    active,
    message: active ? message : '',
  });
  return {
    oci: {
      arch: process.arch,
      capabilities: parseCapabilities(status),
      nofileHard: parseHardLimits(fs.readFileSync('/proc/self/limits', 'latin1')).nofile,
      binderMajor,
      // /dev/tun is a second name that Android looks for; the host's node is /dev/net/tun.
      devices: new Set(nodes.filter((node) => fs.existsSync(node === '/dev/tun' ? '/dev/net/tun' : node))),
      sysctls: Object.keys(securitySysctls).filter((name) => fs.existsSync(`/proc/sys/${name}`)),
    },
    idmap: idmap.yes,
    vsock: vsock.yes,
    conditions: [
      condition(
        'NoBinder',
        binderMajor === undefined,
        `the kernel ${os.release()} has no binderfs: only the reference guest can run; use a kernel with CONFIG_ANDROID_BINDERFS`,
      ),
      condition(
        'UserNamespaceUnavailable',
        !idmap.yes,
        `phones run without a user namespace: ${idmap.why || 'squashfs cannot be idmapped'}; Linux 6.2 or later can`,
      ),
    ],
  };
}

async function ask(
  exec: Exec,
  argv: readonly string[],
): Promise<{ readonly yes: boolean; readonly why: string }> {
  const { code, stderr } = await exec(argv, { okCodes: [0, 1, 3] });
  return { yes: code === 0, why: stderr.trim().replace(/^ancloud-hostcap: /, '') };
}

/** The major of a driver's character devices; binder's is given out at each boot. */
function majorOf(driver: string): number | undefined {
  const match = new RegExp(`^\\s*(\\d+) ${driver}$`, 'm').exec(fs.readFileSync('/proc/devices', 'latin1'));
  return match === null ? undefined : Number(match[1]);
}
