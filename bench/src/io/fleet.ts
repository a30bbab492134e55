import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import readline from 'node:readline';
import type { Bus } from '@ancloud/bus';
import { leases, plainKeys, records, subjects } from '@ancloud/contracts';
import { PhoneStatus, SessionState, Stage } from '@ancloud/contracts/state/v1/state';
import { openByDoor } from '@ancloud/phone-door';
import { keyOf, recordsOf, type State, viewLease } from '@ancloud/state';
import { arrivals } from '../core/gesture.js';
import { film, scrcpyFrames } from '../core/stream-file.js';
import { end, until } from './command.js';
import type { Farm } from './farm.js';
import { busOf, stateOf } from './insider.js';

/** Of the phones' adbd; beside whatever a farm listens on, since the addresses are others. */
const PORT = 5_555;
/** As bench/native/fleet.c places them. */
const addressOf = (index: number): string => `127.1.${Math.floor(index / 250)}.${1 + (index % 250)}`;

/** What the phones show: one key frame of 25 kB, and then nothing moves. */
const STILL = { seconds: 1, framesPerSecond: 1, bitRate: 200_000, group: 1, keyFrameRatio: 1 };

/** How session-svc gets the sockets of the phones' scrcpy servers. */
export type Way = 'door' | 'adb';

/**
 * Phones that a farm's session-svc takes for running ones: bench/native/fleet answers by adb and at their doors in their place, and the
 * benchmark says in container-svc's place that they are there. Their screens are still. No gateway knows them, so nobody can watch them.
 */
export class Fleet {
  readonly phones: readonly string[];
  /** Of the phones' doors. */
  readonly #doors: string;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #farm: Farm;
  readonly #bus: Bus;
  readonly state: State;
  #boots = 0;
  #way: Way = 'door';

  private constructor(
    farm: Farm,
    doors: string,
    child: ChildProcess,
    lines: AsyncIterator<string>,
    bus: Bus,
    state: State,
    size: number,
  ) {
    this.#farm = farm;
    this.#doors = doors;
    this.#child = child;
    this.#lines = lines;
    this.#bus = bus;
    this.state = state;
    this.phones = Array.from({ length: size }, (_, index) => `ph_fleet${index}`);
  }

  /** Phones with doors; resolves as `boot` does. */
  static async start(farm: Farm, program: string, size: number): Promise<Fleet> {
    const doors = path.join(farm.run, 'fleet');
    fs.mkdirSync(doors, { recursive: true });
    const picture = path.join(doors, 'picture');
    fs.writeFileSync(picture, scrcpyFrames(film(STILL)));
    const child = spawn(program, [String(size), String(PORT), doors, picture], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { value } = await lines.next();
    if (value !== 'ready') throw new Error('the fleet did not begin as it should');
    const fleet = new Fleet(
      farm,
      doors,
      child,
      lines,
      await busOf(farm, 'container-svc'),
      await stateOf(farm),
      size,
    );
    try {
      await fleet.#list(true);
      await fleet.boot('door');
    } catch (error) {
      await fleet.close();
      throw error;
    }
    return fleet;
  }

  /**
   * All phones boot anew, with doors or without. Resolves when each has a session with a control socket, and an input-svc: what they had
   * before is gone then.
   */
  async boot(way: Way): Promise<void> {
    this.#boots += 1;
    this.#way = way;
    await this.#told(Stage.STAGE_READY);
    await until('all phones have a session and an input-svc', async () => {
      const sessions = await recordsOf(this.state, records.session).getMany(this.#params);
      const ready = sessions.every(
        (one) =>
          one?.state === SessionState.SESSION_STATE_READY && one.bootId === this.#bootId && one.width > 0,
      );
      if (!ready) return undefined;
      const inputs = await Promise.all(
        this.#params.map((phone) => viewLease(this.state, leases.input, phone)),
      );
      return inputs.every(({ owner }) => owner !== '') ? true : undefined;
    });
  }

  get #bootId(): string {
    return `bench-${this.#boots}`;
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
   * CLOCK_MONOTONIC ns at which each phone read each event of core/gesture.ts, by phone and number. May be asked again; rejects when any came by
   * another way than the phones were booted for.
   */
  async heard(): Promise<ReadonlyMap<number, bigint>[]> {
    this.#child.stdin?.write('dump\n');
    let stray: string | undefined;
    const reads = this.phones.map((): { ns: bigint; bytes: Uint8Array }[] => []);
    for (
      let next = await this.#lines.next();
      next.done !== true && next.value !== 'end';
      next = await this.#lines.next()
    ) {
      const [, phone = '', way = '', ns = '', hex = ''] = next.value.split(' ');
      stray ??= way === this.#way ? undefined : way;
      reads[Number(phone)]?.push({ ns: BigInt(ns), bytes: Buffer.from(hex, 'hex') });
    }
    if (stray !== undefined)
      throw new Error(`phones were to be touched by ${this.#way}, and were by ${stray}`);
    return reads.map((one) => arrivals(one));
  }

  /** A socket of each phone by its door, as session-svc has one: what is written is heard as controls. */
  async bareSockets(): Promise<net.Socket[]> {
    return Promise.all(
      this.phones.map(async (phone, index) => {
        const name = `scrcpy_${index.toString(16).padStart(8, '0')}`;
        return new net.Socket({ fd: await openByDoor(this.#doorOf(phone), name) });
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
      fs.rmSync(this.#doors, { recursive: true, force: true });
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

  /** As bench/native/fleet.c places them. */
  #doorOf(phone: string): string {
    return path.join(this.#doors, phone);
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
        door: this.#way === 'door' ? this.#doorOf(phone) : '',
        bootId: this.#bootId,
        updatedAtMs: Date.now(),
      });
      await statuses.set({ phone }, status);
      this.#bus.publish(subjects.phoneStatus, { phone }, status);
    }
    await this.#bus.flush();
  }
}
