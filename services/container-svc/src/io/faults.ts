/** Where in a step a test wants the process to die. */
export type FaultPoint = 'before' | 'inside' | 'after';

/** Asked at each point of each step; dies there or returns. */
export type Faults = (step: string, point: FaultPoint) => void;

/**
 * Fault injection for the tests that prove that container-svc may be killed anywhere: SIGKILL to itself, so no handler, no
 * finally and no buffer gets its chance. `wanted` is `<step>:<point>`; undefined = never.
 */
export function faultsOf(wanted: string | undefined): Faults {
  if (wanted === undefined) return () => {};
  return (step, point) => {
    if (`${step}:${point}` !== wanted) return;
    process.kill(process.pid, 'SIGKILL');
    // The signal is delivered on return to user space; nothing more may happen in between.
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
  };
}
