import type { Condition } from '@ancloud/contracts/common/v1/common';
import { Profile } from '@ancloud/contracts/common/v1/common';
import type { PhoneStatus } from '@ancloud/contracts/state/v1/state';
import { asAppError, Backoff, type Clock, type Log, type Timer } from '@ancloud/kit';
import { baseOf } from '../core/addresses.js';
import type { BootLimits } from '../core/boot-progress.js';
import { countsAsFailure, restartDelay, restartPolicy } from '../core/exit.js';
import type { Observed } from '../core/observed.js';
import { firstLineAt } from '../core/phone-log.js';
import { type Decision, plan, type PlanFacts } from '../core/plan.js';
import { runnable } from '../core/runnable.js';
import { sameStatus, statusOf } from '../core/status.js';
import type { Step } from '../core/steps.js';
import { goalOf, type Target } from '../core/target.js';
import type { HostKernel } from '../io/host-kernel.js';
import type { ImageStore } from '../io/image-store.js';
import type { Paths } from '../io/paths.js';
import { tailOf } from '../io/phone-log-file.js';
import { PhoneLock } from '../io/phone-lock.js';
import type { PhoneNetwork } from '../io/phone-network.js';
import { readRunJson, writeRunJson } from '../io/run-file.js';
import { ShimClient } from '../io/shim-client.js';
import { bootTimeMs } from '../io/syscalls.js';
import type { TargetStore } from '../io/target-store.js';
import type { Admission } from './admission.js';
import type { StepRunner } from './executors.js';
import type { Observer } from './observe.js';

export interface ReconcilerOptions {
  readonly hostId: string;
  readonly paths: Paths;
  readonly targets: TargetStore;
  readonly images: ImageStore;
  readonly network: PhoneNetwork;
  readonly kernel: HostKernel;
  readonly observer: Observer;
  readonly steps: StepRunner;
  readonly admission: Admission;
  readonly limits: BootLimits;
  readonly graceMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ReconcilerEvents {
  readonly onStatus: (status: PhoneStatus) => void;
  /** Something happened to the phone: a run is due. */
  readonly onNews: () => void;
}

interface Timing {
  pid1AfterMs: number;
  readyAfterMs: number;
}

/** More steps than any way through the plan has: a plan that goes in circles must not spin. */
const STEPS_MAX = 100;
/** The property area may change hundreds of times a second while booting: it is looked at this often. */
const NEWS_MS = 50;
const LOG_HEAD_BYTES = 256 * 1024;

/**
 * Brings one phone from what is to what shall be: observe → plan → one step → observe, until the plan says wait. Holds the
 * phone's lock all the while. What it remembers (failures, when it began) may be lost without harm.
 */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #log: Log;
  readonly #backoff = new Backoff({ minMs: 500, maxMs: 30_000, jitter: 0 });
  #accepted: { readonly atMs: number; readonly bootMs: number };
  #shim: ShimClient | undefined;
  #timer: Timer | undefined;
  #newsTimer: Timer | undefined;
  #told: PhoneStatus | undefined;
  #timing: Timing = { pid1AfterMs: 0, readyAfterMs: 0 };
  #timedBoot = '';
  #completedBoot: string | undefined;
  #restarts = 0;
  #failures = 0;
  #failure: PlanFacts['failure'];
  /** After a failed step nothing is tried before this, monotonic ms. */
  #stepRetryAt = 0;
  #closed = false;

  constructor(
    private readonly phone: string,
    options: ReconcilerOptions,
    private readonly events: ReconcilerEvents,
  ) {
    this.#options = options;
    this.#log = options.log.child({ phone });
    this.#accepted = { atMs: options.clock.now(), bootMs: bootTimeMs() };
  }

  /** A new wish was taken: its start is measured from here, and earlier failures count no more. */
  accepted(accepted: { readonly atMs: number; readonly bootMs: number }): void {
    this.#accepted = accepted;
    this.#restarts = 0;
    this.#failures = 0;
    this.#failure = undefined;
    this.#stepRetryAt = 0;
    this.#backoff.reset();
  }

  /** One run. Errors: only those of observing; a failed step is told in the status and tried again later. */
  async run(signal: AbortSignal): Promise<void> {
    const { paths, clock, targets } = this.#options;
    this.#timer?.cancel();
    const lock = await PhoneLock.take(paths.lockFile(this.phone), clock, signal);
    try {
      for (let steps = 0; steps < STEPS_MAX && !signal.aborted; steps += 1) {
        const target = targets.get(this.phone);
        if (target === undefined) return;
        const { observed, decision, imageProfile, conditions } = await this.#look(target);
        this.#tell(target, observed, decision, imageProfile, conditions);
        if (decision.kind === 'wait') {
          if (decision.recheckMs !== undefined) this.#lookAgain(decision.recheckMs);
          return;
        }
        const left = this.#stepRetryAt - clock.monotonic();
        if (left > 0) {
          this.#lookAgain(left);
          return;
        }
        if (!(await this.#do(decision.step, target, observed, lock.fd))) return;
      }
    } finally {
      lock.release();
    }
  }

  /** Stops looking; the phone runs on. May be called twice. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#newsTimer?.cancel();
    this.#shim?.close();
    this.#options.admission.release(this.phone);
  }

  async #look(target: Target) {
    const { observer, kernel, images, admission, limits, graceMs, clock } = this.#options;
    const imageId = target.desired.spec?.imageId;
    const image = imageId === undefined ? undefined : images.get(imageId);
    const way = runnable(target.desired.spec, image, kernel.oci.binderMajor !== undefined, kernel.idmap);
    const hints = { slot: target.slot, imageId, completedBoot: this.#completedBoot };
    const observed = await observer.observe(this.phone, hints);
    this.#measure(observed);
    this.#followShim(observed);
    const wantsBoot = goalOf(target) === 'running' && observed.progress !== 'completed';
    const facts: PlanFacts = {
      nowMs: clock.now(),
      run: way,
      base: baseOf(target.slot),
      failure: this.#failure,
      bootSlot:
        wantsBoot && way.ok && observed.boot === undefined && !this.#backingOff()
          ? admission.ask(this.phone)
          : true,
      limits,
      graceMs,
    };
    const decision = plan(target, observed, facts);
    if (decision.kind === 'wait' && decision.stage !== 'booting' && decision.reason !== 'BootQueued')
      admission.release(this.phone);
    const vsockShared: Condition = {
      type: 'VsockShared',
      active: kernel.vsock && image !== undefined && image.has32Bit,
      message:
        'the image has 32-bit programs, so its adbd can listen on the host’s vsock; unload the vsock modules',
    };
    return {
      observed,
      decision,
      imageProfile: image?.profile ?? Profile.PROFILE_UNSPECIFIED,
      conditions: vsockShared.active ? [vsockShared] : [],
    };
  }

  #backingOff(): boolean {
    return this.#failure !== undefined && this.#options.clock.now() < this.#failure.notBeforeMs;
  }

  /** False = it failed, and is tried again later. */
  async #do(step: Step, target: Target, observed: Observed, lockFd: number): Promise<boolean> {
    const { steps, clock, images, kernel } = this.#options;
    const spec = target.desired.spec;
    const image = spec === undefined ? undefined : images.get(spec.imageId);
    const way = runnable(spec, image, kernel.oci.binderMajor !== undefined, kernel.idmap);
    const began = clock.monotonic();
    try {
      await steps.run(step, {
        phone: this.phone,
        target,
        observed,
        run: way.ok ? way.spec : undefined,
        profile: way.ok ? way.profile : undefined,
        has32Bit: image?.has32Bit ?? true,
        accepted: this.#accepted,
        lockFd,
      });
    } catch (error) {
      const app = asAppError(error, 'STEP_FAILED');
      const wait = this.#backoff.next();
      this.#stepRetryAt = clock.monotonic() + wait;
      this.#log.warn({ step: step.name, err: error, retryInMs: Math.round(wait) }, 'a step failed');
      const message = `${step.name}: ${app.code === 'STEP_FAILED' && error instanceof Error ? error.message : app.message}`;
      this.#failedStep(step, observed, message);
      const decision: Decision = { kind: 'wait', stage: 'failed', reason: 'StepFailed', message };
      this.#tell(target, observed, decision, image?.profile ?? Profile.PROFILE_UNSPECIFIED, []);
      this.#lookAgain(wait);
      return false;
    }
    this.#backoff.reset();
    this.#log.info({ step, ms: Math.round((clock.monotonic() - began) * 10) / 10 }, 'step');
    if (step.name === 'closeBoot') this.#bootEnded(step.ending, observed);
    if (step.name === 'openBoot') this.#timing = { pid1AfterMs: 0, readyAfterMs: 0 };
    return true;
  }

  /** A create that failed leaves a boot to be taken down; the next one must say why the last did not come up. */
  #failedStep(step: Step, observed: Observed, message: string): void {
    if (observed.boot === undefined || observed.container.kind === 'running') return;
    if (step.name === 'createContainer' || step.name === 'startContainer' || step.name === 'attachNetwork')
      this.#lastFailure = message;
  }
  #lastFailure = '';

  #bootEnded(ending: Parameters<typeof countsAsFailure>[0], observed: Observed): void {
    const { clock, admission, paths } = this.#options;
    admission.release(this.phone);
    const ranMs = observed.startedAtMs === undefined ? 0 : clock.now() - observed.startedAtMs;
    if (ending === 'asked' || ending === 'poweredOff') return;
    this.#restarts += 1;
    if (!countsAsFailure(ending, ranMs)) return;
    if (this.#completedBoot === observed.boot?.bootId && ranMs > restartPolicy.forgiveAfterMs)
      this.#failures = 0;
    this.#failures += 1;
    const last = readRunJson<{ message: string }>(paths.run(this.phone).last);
    const reason = {
      crash: 'Crashed',
      bootTimeout: 'BootTimeout',
      notCreated: 'StepFailed',
      restart: 'RestartLoop',
    }[ending];
    this.#failure = {
      count: this.#failures,
      notBeforeMs: clock.now() + restartDelay(this.#failures),
      reason,
      message:
        (ending === 'notCreated' ? this.#lastFailure : '') ||
        `the phone ended after ${ranMs} ms; last words: ${last?.message ?? ''}`,
    };
  }

  /** When pid 1 wrote its first line and when the boot was complete; kept in timing.json, for a restarted container-svc. */
  #measure(observed: Observed): void {
    const { paths } = this.#options;
    const { boot, container } = observed;
    if (boot === undefined || container.kind !== 'running') return;
    const file = paths.run(this.phone).timing;
    if (this.#timedBoot !== boot.bootId) {
      this.#timedBoot = boot.bootId;
      this.#timing = readRunJson<Timing>(file) ?? { pid1AfterMs: 0, readyAfterMs: 0 };
    }
    const before = JSON.stringify(this.#timing);
    if (this.#timing.pid1AfterMs === 0) {
      const at = firstLineAt(tailOf(paths.logFile(this.phone), LOG_HEAD_BYTES), boot.bootId);
      if (at !== undefined) this.#timing.pid1AfterMs = Math.max(1, at - boot.acceptedBootMs);
    }
    if (observed.progress === 'completed') {
      if (this.#timing.readyAfterMs === 0)
        this.#timing.readyAfterMs = Math.max(1, bootTimeMs() - boot.acceptedBootMs);
      this.#completedBoot = boot.bootId;
    }
    if (JSON.stringify(this.#timing) !== before) writeRunJson(file, this.#timing);
  }

  /** One connection to the shim of a container that exists; its news are runs. */
  #followShim(observed: Observed): void {
    const { container } = observed;
    const wanted = (container.kind === 'created' || container.kind === 'running') && container.shim;
    if (!wanted) {
      this.#shim?.close();
      this.#shim = undefined;
      return;
    }
    if (this.#shim !== undefined && !this.#shim.closed) return;
    this.#shim = new ShimClient(this.#options.paths.run(this.phone).shimSocket, {
      onNews: (type) => {
        if (type === 'exit') this.events.onNews();
        else if (this.#completedBoot === undefined || this.#completedBoot !== this.#timedBoot)
          this.#newsSoon();
      },
      onClose: () => this.events.onNews(),
    });
  }

  #newsSoon(): void {
    if (this.#newsTimer !== undefined || this.#closed) return;
    this.#newsTimer = this.#options.clock.setTimeout(() => {
      this.#newsTimer = undefined;
      this.events.onNews();
    }, NEWS_MS);
    this.#newsTimer.unref();
  }

  #lookAgain(ms: number): void {
    if (this.#closed) return;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.setTimeout(() => this.events.onNews(), ms + 1);
    this.#timer.unref();
  }

  #tell(
    target: Target,
    observed: Observed,
    decision: Decision,
    profile: Profile,
    conditions: readonly Condition[],
  ): void {
    const { hostId, network, clock } = this.#options;
    const status = statusOf({
      hostId,
      target,
      observed,
      decision,
      address: network.address(target.slot).ip,
      adbPort: 5555,
      profile,
      conditions,
      restarts: this.#restarts,
      timing: this.#timing,
      nowMs: clock.now(),
    });
    if (sameStatus(this.#told, status)) return;
    this.#told = status;
    this.events.onStatus(status);
  }
}
