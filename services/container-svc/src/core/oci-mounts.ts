import type { BinderName } from './host-abilities.js';
import type { OciHost, OciMount, OciPhone } from './oci-parts.js';
import { deviceMounts, nodeMount } from './oci-devices.js';
import { inputMount } from './pad.js';
import type { ProfileMount, RunProfile } from './profiles/profile.js';

const bind = (source: string, destination: string, ...options: string[]): OciMount => ({
  destination,
  type: 'bind',
  source,
  options: ['bind', 'nosuid', 'nodev', 'noexec', ...options],
});

/** All mounts, each after those it lies in. */
export function ociMounts(profile: RunProfile, host: OciHost, phone: OciPhone): OciMount[] {
  const { propertyFile } = phone;
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
    {
      destination: '/dev',
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
    },
    // gid 5 of other systems is nothing on Android: no gid option.
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0600'],
    },
    {
      destination: '/dev/shm',
      type: 'tmpfs',
      source: 'shm',
      options: ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=65536k'],
    },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
    ...profile.mounts.map((mount) => profileMount(mount, phone)),
    {
      destination: '/sys/fs/cgroup',
      type: 'cgroup',
      source: 'cgroup',
      options: ['nosuid', 'noexec', 'nodev', 'relatime', profile.cgroup],
    },
    { destination: '/data', type: 'bind', source: phone.data, options: ['bind', 'nosuid', 'nodev', 'rw'] },
    bind(phone.kmsg, '/dev/kmsg', 'rw'),
    bind(phone.cmdline, '/proc/cmdline', 'ro'),
    ...(phone.view?.files ?? []).map((file) => bind(`${phone.view?.dir}/${file}`, `/${file}`, 'ro')),
    ...host.sysctls.map((name) =>
      bind(`${phone.sysctlDir}/${name.split('/').at(-1)}`, `/proc/sys/${name}`, 'rw'),
    ),
    ...(propertyFile === undefined ? [] : [bind(propertyFile.source, propertyFile.target, 'ro')]),
    ...deviceMounts(profile, host, phone),
    ...binderMounts(profile, host, phone),
    ...(phone.inputDir === undefined ? [] : [inputMount(phone.inputDir)]),
  ];
}

function profileMount(mount: ProfileMount, phone: OciPhone): OciMount {
  switch (mount.type) {
    case 'tmpfs':
      return { destination: mount.at, type: 'tmpfs', source: 'tmpfs', options: mount.options };
    case 'emptyFile':
      return bind(phone.emptyFile, mount.at, 'ro');
    case 'node':
      return nodeMount(mount.from, mount.at);
  }
}

function binderMounts({ binder }: RunProfile, host: OciHost, phone: OciPhone): OciMount[] {
  if (host.binder.kind !== 'binderfs') return [];
  if (binder.kind === 'filesystem')
    return [
      {
        destination: '/dev/binderfs',
        type: 'binder',
        source: 'binder',
        options: ['nosuid', 'noexec', 'max=64'],
      },
    ];
  const paths = Object.entries(binder.paths) as [BinderName, string][];
  return paths.map(([name, path]) => nodeMount(`${phone.binderDir}/${name}`, path));
}
