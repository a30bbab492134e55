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
 * A list of refusals, as Waydroid's: Android's own sandboxes need most of the rest. Each line says what the call could do
 * from inside a phone. A line may be added; one that is taken away opens the host to every phone, and fails the spec.
 */
export const refusedCalls: Readonly<Record<string, string>> = {
  acct: 'writes accounting of the whole machine to a file of the caller’s choice',
  add_key: 'keyrings are not namespaced by container; Android’s own use (fscrypt) is off in one',
  adjtimex: 'turns the machine’s clock',
  bpf: 'programs in the kernel; a large attack surface',
  clock_adjtime: 'turns the machine’s clock',
  clock_settime: 'sets the machine’s clock',
  delete_module: 'takes drivers out of the machine’s kernel',
  finit_module: 'loads code into the machine’s kernel',
  fsconfig: 'the new mount API: the rule on mount(2) would not see it',
  fsmount: 'the new mount API: the rule on mount(2) would not see it',
  fsopen: 'the new mount API: the rule on mount(2) would not see it',
  fspick: 'the new mount API: could make a read-only mount writable',
  init_module: 'loads code into the machine’s kernel',
  io_uring_enter: 'does what other calls do, past every seccomp filter',
  io_uring_register: 'does what other calls do, past every seccomp filter',
  io_uring_setup: 'does what other calls do, past every seccomp filter',
  ioperm: 'reaches the machine’s I/O ports',
  iopl: 'reaches the machine’s I/O ports',
  kexec_file_load: 'replaces the machine’s kernel',
  kexec_load: 'replaces the machine’s kernel',
  keyctl: 'keyrings are not namespaced by container',
  lookup_dcookie: 'a profiler’s view of the whole machine',
  mount_setattr: 'the new mount API: could make a read-only mount writable',
  move_mount: 'the new mount API: could uncover what a mount hides',
  name_to_handle_at: 'makes the handles that open_by_handle_at opens',
  nfsservctl: 'the machine’s NFS server; gone since Linux 3.1',
  open_by_handle_at: 'opens files by number, past the phone’s root',
  open_tree: 'the new mount API: could uncover what a mount hides',
  perf_event_open: 'counts and samples what the whole machine does',
  pivot_root: 'would put another root under the phone’s checks',
  quotactl: 'the machine’s disk quotas',
  request_key: 'keyrings are not namespaced by container; can start a helper on the machine',
  settimeofday: 'sets the machine’s clock',
  swapoff: 'takes the machine’s swap away',
  swapon: 'swaps to a file of the caller’s choice',
  vm86: '16-bit code with I/O; an attack surface no Android uses',
  vm86old: '16-bit code with I/O; an attack surface no Android uses',
};

/** What differs between images. All of it only refuses more, or answers a refusal with another number. */
export interface SeccompVariant {
  /**
   * AF_VSOCK is not namespaced, and adbd would take vsock:5555 of the whole machine. Not for 32-bit programs of x86: the
   * rule blocks every socket() of those, since socketcall hides the argument (seccomp(2)). See `vsockRefusable`.
   */
  readonly refuseVsock: boolean;
  /** Refuses mount(2) without a single flag (core/profiles/profile.ts, `refusesBareMounts`). */
  readonly refuseBareMounts: boolean;
  /** Refused calls that are answered with another number than EPERM; 0 = as if done. */
  readonly answers: Readonly<Record<string, number>>;
}

const architectures: Readonly<Record<string, readonly string[]>> = {
  x64: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  arm64: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
};

/** Whether the filter of such an image can refuse AF_VSOCK; where it cannot, the host must have none. */
export function vsockRefusable(arch: string, has32Bit: boolean): boolean {
  return !(arch === 'x64' && has32Bit);
}

/** The filter of one phone. An answer that is no refusal of `refusedCalls` is added: it is not executed either. */
export function seccomp(arch: string, { refuseVsock, refuseBareMounts, answers }: SeccompVariant): Seccomp {
  const newUser = [{ index: 0, value: CLONE_NEWUSER, valueTwo: CLONE_NEWUSER, op: 'SCMP_CMP_MASKED_EQ' }];
  const refuse = (names: readonly string[], errnoRet: number, args?: SeccompRule['args']): SeccompRule => ({
    names,
    action: 'SCMP_ACT_ERRNO',
    errnoRet,
    ...(args === undefined ? {} : { args }),
  });
  const otherNumbers = [...new Set(Object.values(answers))].toSorted((a, b) => a - b);
  return {
    defaultAction: 'SCMP_ACT_ALLOW',
    architectures: architectures[arch] ?? [],
    syscalls: [
      refuse(
        Object.keys(refusedCalls).filter((name) => !(name in answers)),
        EPERM,
      ),
      // A phone that may make user namespaces has all capabilities in them, and with those a large part of the kernel.
      refuse(['unshare'], EPERM, newUser),
      refuse(['clone'], EPERM, newUser),
      // clone3's flags stand in memory where seccomp cannot look: libc falls back to clone.
      refuse(['clone3'], ENOSYS),
      ...(refuseVsock
        ? [refuse(['socket'], EAFNOSUPPORT, [{ index: 0, value: AF_VSOCK, op: 'SCMP_CMP_EQ' }])]
        : []),
      ...(refuseBareMounts ? [refuse(['mount'], EPERM, [{ index: 3, value: 0, op: 'SCMP_CMP_EQ' }])] : []),
      ...otherNumbers.map((number) =>
        refuse(
          Object.keys(answers).filter((name) => answers[name] === number),
          number,
        ),
      ),
    ],
  };
}
