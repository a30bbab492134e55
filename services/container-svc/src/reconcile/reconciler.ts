import type { Condition } from '@ancloud/contracts/common/v1/common';
import { Profile } from '@ancloud/contracts/common/v1/common';
import type { PhoneStatus } from '@ancloud/contracts/state/v1/state';
import { asAppError, Backoff, type Clock, type Log, type Timer } from '@ancloud/kit';
import { baseOf } from '../core/addresses.js';
import { conditionsOf } from '../core/conditions.js';
import type { BootLimits } from '../core/boot-progress.js';
import { growthOf } from '../core/disk.js';
import type { Ending } from '../core/exit.js';
import type { LastBoot, Observed } from '../core/observed.js';
import { type Decision, plan, type PlanFacts } from '../core/plan.js';
import { afterBoot, noRestarts } from '../core/restarts.js';
import { runnable } from '../core/runnable.js';
import { sameStatus, statusOf } from '../core/status.js';
import { creating, onTheSide, type Step } from '../core/steps.js';
import { goalOf, type Target } from '../core/target.js';
import type { HostKernel } from '../io/host-kernel.js';
import type { ImageStore } from '../io/image-store.js';
import type { Lxcfs } from '../io/lxcfs.js';
import type { Paths } from '../io/paths.js';
import { PhoneLock } from '../io/phone-lock.js';
import type { PhoneDisks } from '../io/phone-disk.js';
import type { PhoneNetwork } from '../io/phone-network.js';
import { readRunJson } from '../io/run-file.js';
import { bootTimeMs } from '../io/syscalls.js';
import type { PublicPorts } from '../io/public-ports.js';
import type { SnapshotStore } from '../io/snapshot-store.js';
import type { TargetStore } from '../io/target-store.js';
import type { Admission } from './admission.js';
import { BootClock } from './boot-clock.js';
import type { StepRunner } from './executors.js';
import { endedSince, type Observer } from './observe.js';
import { ShimNews } from './shim-news.js';

export interface ReconcilerOptions {
  readonly hostId: string;
  readonly paths: Paths;
  readonly targets: TargetStore;
  readonly images: ImageStore;
  readonly snapshots: SnapshotStore;
  readonly network: PhoneNetwork;
  readonly ports: PublicPorts;
  readonly disks: PhoneDisks;
  readonly kernel: HostKernel;
  readonly lxcfs: Lxcfs;
  readonly observer: Observer;
  readonly steps: StepRunner;
  readonly admission: Admission;
  readonly limits: BootLimits;
  readonly graceMs: number;
  /** Told of each step that succeeded. */
  readonly onStep: (name: Step['name'], ms: number) => void;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ReconcilerEvents {
  readonly onStatus: (status: PhoneStatus) => void;
  /** Something happened to the phone: a run is due. */
  readonly onNews: () => void;
}

/** More steps than any way through the plan has: a plan that goes in circles must not spin. */
const STEPS_MAX = 100;

/**
 * Brings one phone from what is to what shall be: observe → plan → one step → observe, until the plan says wait. Holds the
 * phone's lock all the while. What it remembers (failures, when it began) may be lost without harm.
 */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #log: Log;
  readonly #bootClock: BootClock;
  readonly #shimNews: ShimNews;
  readonly #backoff = new Backoff({ minMs: 500, maxMs: 30_000, jitter: 0 });
  #accepted: { readonly atMs: number; readonly bootMs: number };
  #timer: Timer | undefined;
  #told: PhoneStatus | undefined;
  #restarts = noRestarts;
  /** The error of a step that kept the last boot from coming to life. */
  #stepError = '';
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
    this.#bootClock = new BootClock(phone, options.paths);
    this.#shimNews = new ShimNews({
      socket: options.paths.run(phone).shimSocket,
      progressed: () => this.#bootClock.progressed(),
      onNews: () => events.onNews(),
      clock: options.clock,
    });
    this.#accepted = { atMs: options.clock.now(), bootMs: bootTimeMs() };
  }

  /** A new wish was taken: its start is measured from here, and earlier failures count no more. */
  accepted(accepted: { readonly atMs: number; readonly bootMs: number }): void {
    this.#accepted = accepted;
    this.#restarts = noRestarts;
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
        if (!(await this.#do(decision, target, observed, lock.fd))) return;
      }
    } finally {
      lock.release();
    }
  }

  /** Stops looking; the phone runs on. May be called twice. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#shimNews.close();
    this.#options.admission.release(this.phone);
  }

  async #look(target: Target) {
    const { observer, kernel, images, snapshots, network, ports, disks, admission } = this.#options;
    const { limits, graceMs, clock, lxcfs } = this.#options;
    const { dataFrom } = target.desired;
    const imageId = target.desired.spec?.imageId;
    const image = imageId === undefined ? undefined : images.get(imageId);
    const way = runnable(target.desired.spec, image, kernel.abilities, target.slot);
    const hints = { slot: target.slot, imageId, completedBoot: this.#bootClock.completedBoot };
    const observed = await observer.observe(this.phone, hints);
    this.#bootClock.measure(observed);
    this.#shimNews.follow(observed);
    const { ip } = network.address(target.slot);
    const granted = await ports.grant(ip, way.ok ? way.ports : []);
    const { failure } = this.#restarts;
    const nowMs = clock.now();
    const backsOff = failure !== undefined && nowMs < failure.notBeforeMs;
    const wantsBoot = goalOf(target) === 'running' && observed.progress !== 'completed' && !backsOff;
    const hasRoom = (mib: number): boolean => disks.hasRoom(this.phone, mib);
    const growth = growthOf(observed.identity, way, kernel.oci.capabilities, hasRoom);
    const facts: PlanFacts = {
      nowMs,
      run: way,
      dataFromPresent: dataFrom === '' || snapshots.get(dataFrom) !== undefined,
      base: baseOf(target.slot),
      failure,
      growth,
      bootSlot: wantsBoot && way.ok && observed.boot === undefined ? admission.ask(this.phone) : true,
      ports: granted.granted,
      view: lxcfs.view,
      limits,
      graceMs,
    };
    const decision = plan(target, observed, facts);
    if (decision.kind === 'wait' && decision.stage !== 'booting' && decision.reason !== 'BootQueued')
      admission.release(this.phone);
    return {
      observed,
      decision,
      imageProfile: image?.profile ?? Profile.PROFILE_UNSPECIFIED,
      conditions: conditionsOf(way, observed, growth, granted.refused),
    };
  }

  /** False = it failed, and is tried again later. */
  async #do(
    { step, stage }: Extract<Decision, { readonly kind: 'step' }>,
    target: Target,
    observed: Observed,
    lockFd: number,
  ): Promise<boolean> {
    const { steps, clock, images, kernel, onStep } = this.#options;
    const spec = target.desired.spec;
    const image = spec === undefined ? undefined : images.get(spec.imageId);
    const way = runnable(spec, image, kernel.abilities, target.slot);
    const began = clock.monotonic();
    try {
      await steps.run(step, {
        phone: this.phone,
        target,
        observed,
        way: way.ok ? way : undefined,
        accepted: this.#accepted,
        lockFd,
      });
    } catch (error) {
      if (endedSince(observed)) {
        this.#log.info({ step: step.name, err: error }, 'the phone ended within a step');
        return true;
      }
      const app = asAppError(error, 'STEP_FAILED');
      const wait = this.#backoff.next();
      this.#stepRetryAt = clock.monotonic() + wait;
      this.#log.warn({ step: step.name, err: error, retryInMs: Math.round(wait) }, 'a step failed');
      const message = `${step.name}: ${app.code === 'STEP_FAILED' && error instanceof Error ? error.message : app.message}`;
      this.#failedStep(step, observed, message);
      // A phone whose limits could not be changed runs on as it is, and one that was not kept stands still as before.
      const shown = onTheSide.has(step.name) ? stage : 'failed';
      const decision: Decision = { kind: 'wait', stage: shown, reason: 'StepFailed', message };
      this.#tell(target, observed, decision, image?.profile ?? Profile.PROFILE_UNSPECIFIED, []);
      this.#lookAgain(wait);
      return false;
    }
    this.#backoff.reset();
    const ms = clock.monotonic() - began;
    onStep(step.name, ms);
    this.#log.info({ step, ms: Math.round(ms * 10) / 10 }, 'step');
    if (step.name === 'closeBoot') this.#bootEnded(step.ending, observed);
    return true;
  }

  /** A step that failed before init lived leaves a boot to be taken down; the next try must say why. */
  #failedStep({ name }: Step, observed: Observed, message: string): void {
    if (observed.boot !== undefined && observed.container.kind !== 'running' && creating.has(name))
      this.#stepError = message;
  }

  #bootEnded(ending: Ending, observed: Observed): void {
    const { clock, admission, paths } = this.#options;
    admission.release(this.phone);
    const nowMs = clock.now();
    const ranMs = observed.startedAtMs === undefined ? 0 : nowMs - observed.startedAtMs;
    const last = readRunJson<LastBoot>(paths.run(this.phone).last);
    const critical = last?.critical;
    const end =
      critical === undefined ? 'the phone ended' : `init gave up on its critical service ${critical}`;
    const how = last?.late?.message ?? `${end} after ${ranMs} ms`;
    this.#restarts = afterBoot(this.#restarts, {
      ending,
      ranMs,
      ...(last?.late === undefined ? {} : { reason: last.late.reason }),
      ...(critical === undefined ? {} : { critical }),
      wasReady: observed.boot !== undefined && observed.boot.bootId === this.#bootClock.completedBoot,
      message:
        ending === 'notCreated' && this.#stepError !== ''
          ? this.#stepError
          : `${how}; last words: ${last?.message ?? ''}`,
      nowMs,
    });
    this.#stepError = '';
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
      restarts: this.#restarts.count,
      failure: this.#restarts.failure,
      timing: this.#bootClock.timing,
      nowMs: clock.now(),
    });
    if (sameStatus(this.#told, status)) return;
    this.#told = status;
    this.events.onStatus(status);
  }
}
