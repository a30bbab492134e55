import fs from 'node:fs';
import dns from 'node:dns';
import net from 'node:net';
import os from 'node:os';
import { spawnSync } from 'node:child_process';
import { type Layout, portsOf } from '../layout.js';
import { missingPackages, packages } from '../setup/packages.js';
import { fail, type Finding, ok, read, warn } from './finding.js';
import { kernelSigns } from './kernel-signs.js';
import { orphans } from './orphans.js';
import { families, type KernelSigns, needsOf } from './profiles.js';
import { conflictingRoute } from './routes.js';

const DNS_MS = 3_000;

/** Everything a farm on this machine stands on, each with what was found and what to do about it. */
export async function examine(layout: Layout): Promise<Finding[]> {
  const signs = kernelSigns();
  return [
    root(),
    memory(),
    disk(layout),
    await orphans(),
    ...kernel(),
    ok('SELinux', `${signs.selinux} (it is never changed)`),
    ...familiesOfImages(signs),
    cgroups(),
    memoryLimits(),
    pressure(),
    loops(),
    lxcfs(),
    ...(await network(layout)),
    ...limits(),
    ...tools(),
    ...(await ports(layout)),
  ];
}

function root(): Finding {
  return process.getuid?.() === 0
    ? ok('root', 'uid 0')
    : fail(
        'root',
        `uid ${process.getuid?.()}`,
        'run as root (sudo ./ancloud …): a host mounts and makes namespaces',
      );
}

function memory(): Finding {
  const mib = Math.floor(os.totalmem() / (1 << 20));
  return mib >= 2048
    ? ok('memory', `${mib} MiB`)
    : warn('memory', `${mib} MiB`, 'give the machine 2 GiB or more: the services take about 0.9');
}

function disk(layout: Layout): Finding {
  let folder = layout.home;
  while (!fs.existsSync(folder)) folder = folder.slice(0, folder.lastIndexOf('/')) || '/';
  const stat = fs.statfsSync(folder);
  const gib = (stat.bavail * stat.bsize) / 2 ** 30;
  return gib >= 3
    ? ok('disk', `${gib.toFixed(1)} GiB free on ${folder}`)
    : warn(
        'disk',
        `${gib.toFixed(1)} GiB free on ${folder}`,
        'free some space, or set ANCLOUD_HOME to a larger disk',
      );
}

function kernel(): Finding[] {
  const filesystems = read('/proc/filesystems');
  const has = (name: string): boolean =>
    filesystems.split('\n').some((line) => line.trim().split(/\s+/).at(-1) === name);
  const modules = (name: string): boolean =>
    spawnSync('modinfo', ['-n', name], { stdio: 'ignore' }).status === 0;
  const findings = [ok('kernel', os.release())];
  for (const name of ['overlay', 'squashfs']) {
    if (has(name)) findings.push(ok(name, 'in the kernel'));
    else if (modules(name)) findings.push(ok(name, 'as a module'));
    else
      findings.push(
        fail(name, 'missing', `use a kernel with CONFIG_${name === 'overlay' ? 'OVERLAY_FS' : 'SQUASHFS'}`),
      );
  }
  findings.push(
    fs.existsSync('/dev/loop-control')
      ? ok('loop', '/dev/loop-control')
      : fail('loop', 'no /dev/loop-control', 'modprobe loop'),
  );
  findings.push(
    read('/proc/self/ns/user') !== '' || fs.existsSync('/proc/self/ns/user')
      ? ok('user namespaces', `max ${read('/proc/sys/user/max_user_namespaces') || 'unknown'}`)
      : warn('user namespaces', 'missing', 'use a kernel with CONFIG_USER_NS; phones then run without them'),
  );
  return findings;
}

/** A line for each family of images, then one for each thing it lacks. */
function familiesOfImages(signs: KernelSigns): Finding[] {
  return families.flatMap((family) => {
    const needs = needsOf(family, signs);
    const runs = needs.every(({ level }) => level === 'better');
    const lines = needs.map(({ what, level, fix }) =>
      warn(`${family} images`, level === 'must' ? `cannot run here: ${what}` : what, fix),
    );
    return runs ? [ok(`${family} images`, 'can run here'), ...lines] : lines;
  });
}

function cgroups(): Finding {
  const mounts = read('/proc/self/mounts');
  const v2 = /^\S+ \/sys\/fs\/cgroup cgroup2 /m.test(mounts);
  if (v2) return ok('cgroups', 'v2');
  if (/^\S+ \/sys\/fs\/cgroup\/\S+ cgroup /m.test(mounts)) {
    return warn(
      'cgroups',
      /cgroup2/.test(mounts) ? 'hybrid v1 + v2' : 'v1',
      'works; boot with systemd.unified_cgroup_hierarchy=1 for device rules by eBPF and one hierarchy',
    );
  }
  return fail('cgroups', 'not mounted', 'mount -t cgroup2 none /sys/fs/cgroup');
}

function memoryLimits(): Finding {
  const enabled =
    / memory(?: |$)/.test(` ${read('/sys/fs/cgroup/cgroup.controllers')}`) ||
    /^memory\s+\d+\s+\d+\s+1$/m.test(read('/proc/cgroups'));
  return enabled
    ? ok('memory limits', 'the memory controller is on')
    : warn(
        'memory limits',
        'no memory controller',
        'boot with cgroup_enable=memory: phones then cannot take each other’s memory',
      );
}

function pressure(): Finding {
  return read('/proc/pressure/memory') === ''
    ? warn(
        'pressure (PSI)',
        'missing',
        'boot with psi=1; Android’s lmkd falls back to memory levels without it',
      )
    : ok('pressure (PSI)', '/proc/pressure');
}

/** One loop device for each image that phones run from; the kernel makes more on demand unless its module is limited. */
function loops(): Finding {
  const used = listing('/sys/block').filter((name) => fs.existsSync(`/sys/block/${name}/loop`)).length;
  const limit = Number(read('/sys/module/loop/parameters/max_loop') || '0');
  return limit > 0 && !fs.existsSync('/dev/loop-control') && used >= limit
    ? fail('loop devices', `all ${limit} in use`, 'detach some (losetup -l), or boot with max_loop=64')
    : ok('loop devices', `${used} in use, more on demand`);
}

/** By it a phone sees its own memory and CPUs. Where it is mounted as container-svc takes it, and whether it answers. */
function lxcfs(): Finding {
  const dir = process.env['ANCLOUD_LXCFS_DIR'] ?? '/var/lib/lxcfs';
  const without = 'phones see this machine’s memory and CPUs as their own';
  if (dir === 'off') return ok('lxcfs', `off: ${without}`);
  // A program of its own: one that hangs must not take this one along.
  const { status } = spawnSync('timeout', ['2', 'cat', `${dir}/proc/uptime`], { stdio: 'ignore' });
  if (status === 0) return ok('lxcfs', `at ${dir}: phones see their own memory and CPUs`);
  return fs.existsSync(`${dir}/proc`)
    ? warn(
        'lxcfs',
        `mounted at ${dir} and does not answer: ${without}`,
        `systemctl restart lxcfs, or umount -l ${dir}`,
      )
    : warn(
        'lxcfs',
        `not at ${dir}: ${without}`,
        'apt-get install lxcfs (dnf, pacman -S), systemctl enable --now lxcfs',
      );
}

/** The phones' subnet must lead nowhere else already, and they take their DNS from the host. */
async function network(layout: Layout): Promise<Finding[]> {
  const findings: Finding[] = [];
  const other = conflictingRoute(read('/proc/net/route'), layout.subnet, layout.bridge);
  findings.push(
    other === undefined
      ? ok('subnet', `${layout.subnet} on ${layout.bridge}`)
      : fail('subnet', `${layout.subnet} is routed to ${other}`, 'set ANCLOUD_SUBNET, e.g. 10.231.7.1/24'),
  );
  for (const tool of ['nft', 'iptables']) {
    const works = spawnSync(tool, [tool === 'nft' ? '--version' : '-V'], { stdio: 'ignore' }).status === 0;
    findings.push(
      works
        ? ok(tool, 'runs')
        : fail(tool, 'does not run', `apt-get install ${tool === 'nft' ? 'nftables' : 'iptables'}`),
    );
  }
  const servers = dns.getServers();
  const answered = await Promise.race([
    dns.promises.resolve4('deb.debian.org').then(
      () => true,
      () => false,
    ),
    new Promise<false>((resolve) => {
      setTimeout(() => resolve(false), DNS_MS).unref();
    }),
  ]);
  findings.push(
    answered
      ? ok('dns', servers.join(' '))
      : warn(
          'dns',
          `no answer from ${servers.join(' ') || 'any server'}`,
          'phones have no names then, and setup no packages: /etc/resolv.conf',
        ),
  );
  return findings;
}

function listing(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}

function limits(): Finding[] {
  const rows: [string, string, number, string][] = [
    [
      'inotify instances',
      '/proc/sys/fs/inotify/max_user_instances',
      1024,
      'sysctl -w fs.inotify.max_user_instances=8192',
    ],
    [
      'inotify watches',
      '/proc/sys/fs/inotify/max_user_watches',
      65_536,
      'sysctl -w fs.inotify.max_user_watches=524288',
    ],
    ['pids', '/proc/sys/kernel/pid_max', 32_768, 'sysctl -w kernel.pid_max=4194304'],
    ['open files', '/proc/sys/fs/file-max', 262_144, 'sysctl -w fs.file-max=4194304'],
    ['udp receive buffer', '/proc/sys/net/core/rmem_max', 4 << 20, 'sysctl -w net.core.rmem_max=8388608'],
  ];
  return rows.map(([name, file, wanted, fix]) => {
    const value = Number(read(file));
    return value >= wanted ? ok(name, String(value)) : warn(name, `${value}, better ${wanted} or more`, fix);
  });
}

function tools(): Finding[] {
  const missing = missingPackages(packages.run);
  return [
    missing.length === 0
      ? ok('packages', packages.run.join(' '))
      : fail(
          'packages',
          `missing: ${missing.join(' ')}`,
          `apt-get install --no-install-recommends ${missing.join(' ')} (./ancloud up does it as root)`,
        ),
    ok('node', process.version),
  ];
}

async function ports(layout: Layout): Promise<Finding[]> {
  const taken: number[] = [];
  for (const [, port] of portsOf(layout)) {
    const free = await new Promise<boolean>((resolve) => {
      const probe = net.createServer();
      probe.once('error', () => resolve(false));
      probe.listen({ host: '127.0.0.1', port, exclusive: true }, () => probe.close(() => resolve(true)));
    });
    if (!free) taken.push(port);
  }
  if (taken.length === 0) return [ok('ports', `from ${layout.ports.http} on, all free`)];
  return [
    warn(
      'ports',
      `in use: ${taken.join(' ')}`,
      'fine when the farm runs; else end what listens there or set ANCLOUD_PORT_BASE',
    ),
  ];
}
