/** One rule of an OCI `linux.seccomp` block (runtime-spec config-linux.md, "Seccomp"). */
export interface SeccompRule {
  readonly names: readonly string[];
  readonly action: string;
  readonly errnoRet: number;
  readonly args?: readonly {
    readonly index: number;
    readonly value: number;
    readonly valueTwo?: number;
    readonly op: string;
  }[];
}

export interface Seccomp {
  readonly defaultAction: string;
  readonly architectures: readonly string[];
  readonly syscalls: readonly SeccompRule[];
}

const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;
const CLONE_NEWUSER = 0x1000_0000;
const AF_VSOCK = 40;

/**
 * A list of refusals, as Waydroid's: Android's own sandboxes need most of the rest. What is refused acts on the whole
 * machine (modules, clocks, swap, kexec, bpf), walks around path checks (open_by_handle_at), is a large attack surface that
 * Android lives without (io_uring, the keyring, perf), or would make new user namespaces.
 */
const refused = [
  'acct',
  'add_key',
  'adjtimex',
  'bpf',
  'clock_adjtime',
  'clock_settime',
  'delete_module',
  'finit_module',
  'fsconfig',
  'fsmount',
  'fsopen',
  'fspick',
  'init_module',
  'io_uring_enter',
  'io_uring_register',
  'io_uring_setup',
  'ioperm',
  'iopl',
  'kexec_file_load',
  'kexec_load',
  'keyctl',
  'lookup_dcookie',
  'mount_setattr',
  'move_mount',
  'name_to_handle_at',
  'nfsservctl',
  'open_by_handle_at',
  'open_tree',
  'perf_event_open',
  'pivot_root',
  'quotactl',
  'request_key',
  'settimeofday',
  'swapoff',
  'swapon',
  'vm86',
  'vm86old',
];

const architectures: Readonly<Record<string, readonly string[]>> = {
  x64: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  arm64: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
};

/**
 * `refuseVsock`: AF_VSOCK is not namespaced, and adbd would take vsock:5555 of the whole machine. Only for images without
 * 32-bit programs: on x86 the rule blocks every socket() of those, since socketcall hides the argument (seccomp(2)).
 */
export function seccomp(arch: string, refuseVsock: boolean): Seccomp {
  const newUser = [{ index: 0, value: CLONE_NEWUSER, valueTwo: CLONE_NEWUSER, op: 'SCMP_CMP_MASKED_EQ' }];
  return {
    defaultAction: 'SCMP_ACT_ALLOW',
    architectures: architectures[arch] ?? [],
    syscalls: [
      { names: refused, action: 'SCMP_ACT_ERRNO', errnoRet: EPERM },
      { names: ['unshare'], action: 'SCMP_ACT_ERRNO', errnoRet: EPERM, args: newUser },
      { names: ['clone'], action: 'SCMP_ACT_ERRNO', errnoRet: EPERM, args: newUser },
      // clone3's flags stand in memory where seccomp cannot look: libc falls back to clone.
      { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS },
      ...(refuseVsock
        ? [
            {
              names: ['socket'],
              action: 'SCMP_ACT_ERRNO',
              errnoRet: EAFNOSUPPORT,
              args: [{ index: 0, value: AF_VSOCK, op: 'SCMP_CMP_EQ' }],
            },
          ]
        : []),
    ],
  };
}
