import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import readline from 'node:readline';
import type { Bus } from '@ancloud/bus';
import { leases, plainKeys, records, subjects } from '@ancloud/contracts';
import { PhoneStatus, SessionState, Stage } from '@ancloud/contracts/state/v1/state';
import { keyOf, recordsOf, type State, viewLease } from '@ancloud/state';
import { arrivals } from '../core/gesture.js';
import { end, until } from './command.js';
import type { Farm } from './farm.js';
import { busOf, stateOf } from './insider.js';

/** Of the phones' adbd; beside whatever a farm listens on, since the addresses are others. */
const PORT = 5_555;
/** As bench/native/fleet.c places them. */
const addressOf = (index: number): string => `127.1.${Math.floor(index / 250)}.${1 + (index % 250)}`;

/**
 * Phones that a farm's session-svc takes for running ones: bench/native/fleet answers by adb in their place, and the benchmark says in
 * container-svc's place that they are there. No gateway knows them, so nobody can watch them.
 */
export class Fleet {
  readonly phones: readonly string[];
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #farm: Farm;
  readonly #bus: Bus;
  readonly state: State;

  private constructor(
    farm: Farm,
    child: ChildProcess,
    lines: AsyncIterator<string>,
    bus: Bus,
    state: State,
    size: number,
  ) {
    this.#farm = farm;
    this.#child = child;
    this.#lines = lines;
    this.#bus = bus;
    this.state = state;
    this.phones = Array.from({ length: size }, (_, index) => `ph_fleet${index}`);
  }

  /** Resolves when each has a session with a control socket, and an input-svc. */
  static async start(farm: Farm, program: string, size: number): Promise<Fleet> {
    const child = spawn(program, [String(size), String(PORT)], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { value } = await lines.next();
    if (value !== 'ready') throw new Error('the fleet did not begin as it should');
    const fleet = new Fleet(
      farm,
      child,
      lines,
      await busOf(farm, 'container-svc'),
      await stateOf(farm),
      size,
    );
    try {
      await fleet.#list(true);
      await fleet.#told(Stage.STAGE_READY);
      await until('all phones have a session and an input-svc', async () => {
        const sessions = await recordsOf(fleet.state, records.session).getMany(fleet.#params);
        if (sessions.some((one) => one?.state !== SessionState.SESSION_STATE_READY || one.width === 0))
          return undefined;
        const inputs = await Promise.all(
          fleet.#params.map((phone) => viewLease(fleet.state, leases.input, phone)),
        );
        return inputs.every(({ owner }) => owner !== '') ? true : undefined;
      });
    } catch (error) {
      await fleet.close();
      throw error;
    }
    return fleet;
  }

  /** Of the process that answers for all phones. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Forgets what the phones have heard. */
  clear(): void {
    this.#child.stdin?.write('clear\n');
  }

  /**
   * CLOCK_MONOTONIC ns at which each phone read each event of core/gesture.ts, by phone and number; or at which the kernel had it at the
   * phone's socket. May be asked for both.
   */
  async heard(when: 'read' | 'arrived' = 'read'): Promise<ReadonlyMap<number, bigint>[]> {
    this.#child.stdin?.write('dump\n');
    const reads = this.phones.map((): { ns: bigint; bytes: Uint8Array }[] => []);
    for (
      let next = await this.#lines.next();
      next.done !== true && next.value !== 'end';
      next = await this.#lines.next()
    ) {
      const [, phone = '', read = '', arrived = '', hex = ''] = next.value.split(' ');
      const ns = BigInt(when === 'read' ? read : arrived);
      if (ns === 0n) throw new Error('the kernel gave an arrival no stamp');
      reads[Number(phone)]?.push({ ns, bytes: Buffer.from(hex, 'hex') });
    }
    return reads.map((one) => arrivals(one));
  }

  /** A socket to each phone past adb: what is written is heard as if it had come by its control socket. */
  async bareSockets(): Promise<net.Socket[]> {
    return Promise.all(
      this.phones.map(async (_, index) => {
        const socket = net.connect({ host: addressOf(index), port: PORT, noDelay: true });
        await once(socket, 'connect');
        return socket;
      }),
    );
  }

  /** The phones are gone; resolves when session-svc has closed what it had of them. */
  async close(): Promise<void> {
    try {
      await this.#told(Stage.STAGE_STOPPED);
      await until('the sessions of the phones are closed', async () => {
        const sessions = await recordsOf(this.state, records.session).getMany(this.#params);
        return sessions.every((one) => one === undefined || one.state === SessionState.SESSION_STATE_CLOSED)
          ? true
          : undefined;
      });
      await this.#list(false);
      for (const phone of this.#params) await recordsOf(this.state, records.status).delete(phone);
    } finally {
      await end(this.#child);
      await this.#bus.drain();
      await this.state.close();
    }
  }

  /** In the gateway's place: what session-svc reads again and again, so that it does not take them for phones that left. */
  async #list(listed: boolean): Promise<void> {
    const key = keyOf(plainKeys.hostPhones.template, { host: this.#farm.env['ANCLOUD_HOST_ID'] ?? '' });
    await this.state.run('listing the fleet', (redis) =>
      listed ? redis.sadd(key, ...this.phones) : redis.srem(key, ...this.phones),
    );
  }

  get #params(): { phone: string }[] {
    return this.phones.map((phone) => ({ phone }));
  }

  async #told(stage: Stage): Promise<void> {
    const statuses = recordsOf(this.state, records.status);
    const hostId = this.#farm.env['ANCLOUD_HOST_ID'] ?? '';
    for (const [index, phone] of this.phones.entries()) {
      const status = PhoneStatus.fromPartial({
        phoneId: phone,
        hostId,
        stage,
        address: addressOf(index),
        adbPort: PORT,
        bootId: 'bench',
        updatedAtMs: Date.now(),
      });
      await statuses.set({ phone }, status);
      this.#bus.publish(subjects.phoneStatus, { phone }, status);
    }
    await this.#bus.flush();
  }
}
