import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { capabilityReasons, refusedCapabilities } from './capability-reasons.js';
import { profiles } from './profiles/registry.js';
import { refusedCalls, seccomp, vsockRefusable } from './seccomp.js';

/*
 * What a phone may do to the machine may become less, never more. These lists are written a second time on purpose: who
 * takes a line out of the first must take it out here too, and say why in the commit.
 */

const REFUSED_CALLS =
  'acct add_key adjtimex bpf clock_adjtime clock_settime delete_module finit_module fsconfig fsmount fsopen fspick init_module io_uring_enter io_uring_register io_uring_setup ioperm iopl kexec_file_load kexec_load keyctl lookup_dcookie mount_setattr move_mount name_to_handle_at nfsservctl open_by_handle_at open_tree perf_event_open pivot_root quotactl request_key settimeofday swapoff swapon vm86 vm86old';

const GIVEN: Readonly<Record<string, string>> = {
  redroid:
    'AUDIT_CONTROL AUDIT_WRITE BLOCK_SUSPEND CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID IPC_LOCK KILL LEASE MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW SETFCAP SETGID SETPCAP SETUID SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_NICE SYS_PTRACE SYS_RESOURCE SYSLOG WAKE_ALARM',
  waydroid:
    'AUDIT_CONTROL BLOCK_SUSPEND CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID IPC_LOCK KILL MKNOD NET_ADMIN NET_BIND_SERVICE NET_RAW SETGID SETPCAP SETUID SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_NICE SYS_PTRACE SYS_RESOURCE SYSLOG WAKE_ALARM',
  anbox:
    'AUDIT_CONTROL AUDIT_WRITE BLOCK_SUSPEND CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID IPC_LOCK KILL LEASE MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW SETFCAP SETGID SETPCAP SETUID SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_NICE SYS_PTRACE SYS_RESOURCE SYSLOG',
  stock:
    'AUDIT_CONTROL AUDIT_WRITE BLOCK_SUSPEND CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID IPC_LOCK KILL LEASE MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW SETFCAP SETGID SETPCAP SETUID SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_NICE SYS_PTRACE SYS_RESOURCE SYSLOG WAKE_ALARM',
  reference:
    'AUDIT_WRITE CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID IPC_LOCK KILL MKNOD NET_ADMIN NET_BIND_SERVICE NET_RAW SETGID SETPCAP SETUID SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_NICE SYS_PTRACE',
};

const all = Object.values(profiles);

describe('capabilities', () => {
  it.each(all)('of $name are none but these', ({ name, capabilities }) => {
    const more = capabilities.filter((capability) => !GIVEN[name]?.split(' ').includes(capability));
    expect(more).toEqual([]);
  });

  it('have a reason each, and the refused ones are in no profile', () => {
    const named = new Set(all.flatMap(({ capabilities }) => capabilities));
    expect([...named].filter((name) => capabilityReasons[name] === undefined)).toEqual([]);
    expect(Object.keys(refusedCapabilities).filter((name) => named.has(name as never))).toEqual([]);
  });
});

describe('the seccomp filter', () => {
  const variants = all.map(({ name, refusesBareMounts, callAnswers }) => ({
    name,
    filter: seccomp('x64', { refuseVsock: true, refuseBareMounts: refusesBareMounts, answers: callAnswers }),
  }));

  it.each(variants)('of $name refuses every one of these calls', ({ filter }) => {
    const unconditional = filter.syscalls.filter(({ args }) => args === undefined);
    expect(unconditional.every(({ action }) => action === 'SCMP_ACT_ERRNO')).toBe(true);
    const refused = new Set(unconditional.flatMap(({ names }) => names));
    expect(REFUSED_CALLS.split(' ').filter((name) => !refused.has(name))).toEqual([]);
    expect(refused.has('clone3')).toBe(true);
  });

  it.each(variants)('of $name refuses new user namespaces and AF_VSOCK', ({ filter }) => {
    const rule = (name: string) =>
      filter.syscalls.find(({ names }) => names.length === 1 && names[0] === name);
    for (const name of ['unshare', 'clone'])
      expect(rule(name)).toEqual({
        names: [name],
        action: 'SCMP_ACT_ERRNO',
        errnoRet: 1,
        args: [{ index: 0, value: 0x1000_0000, valueTwo: 0x1000_0000, op: 'SCMP_CMP_MASKED_EQ' }],
      });
    expect(rule('socket')?.args).toEqual([{ index: 0, value: 40, op: 'SCMP_CMP_EQ' }]);
  });

  it('refuses a mount without flags to every family that runs as the machine’s root', () => {
    for (const { name, userns, refusesBareMounts } of all)
      expect([name, userns || refusesBareMounts]).toEqual([name, true]);
    const { filter } = variants.find(({ name }) => name === 'redroid') ?? {};
    expect(filter?.syscalls.find(({ names }) => names.includes('mount'))).toEqual({
      names: ['mount'],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: 1,
      args: [{ index: 3, value: 0, op: 'SCMP_CMP_EQ' }],
    });
  });

  it.each([
    ['x64', false, true],
    ['x64', true, false],
    ['arm64', true, true],
    ['arm64', false, true],
  ])('on %s with 32-bit programs %s can refuse AF_VSOCK: %s', (arch, has32Bit, can) =>
    expect(vsockRefusable(arch, has32Bit)).toBe(can),
  );
});

describe('docs/confinement.md', () => {
  const page = fs.readFileSync(path.join(import.meta.dirname, '../../../../docs/confinement.md'), 'utf8');
  const rows = (head: string): Record<string, string> => {
    const table = page.split(`## ${head}\n`)[1]?.split('\n## ')[0] ?? '';
    return Object.fromEntries(
      [...table.matchAll(/^\| `(\w+)` +\| (.*?) +\|$/gm)].map(([, name, reason]) => [name, reason]),
    );
  };

  it('says of each line what the code says', () => {
    expect(rows('Refused system calls')).toEqual(refusedCalls);
    expect(rows('Capabilities')).toEqual(capabilityReasons);
    expect(rows('Capabilities that no phone has')).toEqual(refusedCapabilities);
  });
});
