import type { HostAbilities } from './host-abilities.js';

/** A host that has everything. */
export const able: HostAbilities = {
  arch: 'x64',
  binder: { kind: 'binderfs', major: 234 },
  memfd: true,
  ashmem: true,
  selinux: 'absent',
  vsock: false,
  idmap: true,
  renderNodes: [],
  phoneCpus: undefined,
  pads: true,
};
