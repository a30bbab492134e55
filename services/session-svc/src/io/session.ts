import type { SessionRecord, SessionState } from '@ancloud/contracts/state/v1/state';
import { AppError, asAppError, type Log, type SrtpPolicy } from '@ancloud/kit';
import { initialSession, stateTold, stepSession } from '../core/session-state.js';
import type { SessionEffect, SessionEvent, SessionMachine } from '../core/session-state.js';
import { PadPipe } from './pad-pipe.js';
import { notReached, phonePaused } from '../errors.js';
import { ControlServer } from './control-server.js';
import { readPresent } from './display.js';
import { LinkArrival } from './link-arrival.js';
import type { PhoneAddress, PhoneLink } from './phone-link.js';
import { Retry } from './retry.js';
import { RtpSocket } from './rtp-socket.js';
import { SessionInput } from './session-input.js';
import { sessionRecord } from './session-record.js';
import { SessionStreams } from './session-streams.js';
import type { SessionOptions, SessionWorld } from './session-world.js';

/**
 * One boot of one phone, attached: link, control server, stream, input. Performs what core/session-state.ts decides. Owned by Sessions;
 * owns everything it opens, and `close` ends all of it.
 */
export class Session {
  readonly phoneId: string;
  readonly bootId: string;
  readonly streams: SessionStreams;
  readonly input: SessionInput;
  readonly #world: SessionWorld;
  readonly #address: PhoneAddress;
  readonly #log: Log;
  readonly #socket: RtpSocket;
  readonly #arrival = new LinkArrival();
  readonly #retry: Retry;
  /** Aborts when the session closes. */
  readonly #life = new AbortController();
  #machine: SessionMachine = initialSession;
  #link: PhoneLink | undefined;
  #control: ControlServer | undefined;
  #held = false;
  #reason = '';
  #deviceName = '';

  /** Binds the phone's RTP port and begins to connect. Errors: PORT_TAKEN. */
  static async create(world: SessionWorld, options: SessionOptions): Promise<Session> {
    const session = new Session(world, options, await RtpSocket.create(world.rtpIp, world.metrics));
    session.#announce();
    session.#connect();
    return session;
  }

  private constructor(world: SessionWorld, options: SessionOptions, socket: RtpSocket) {
    this.#world = world;
    this.phoneId = options.phoneId;
    this.bootId = options.bootId;
    this.#address = options.address;
    this.#socket = socket;
    this.#log = world.log.child({ phone: options.phoneId });
    const { version, clock, hostClock, metrics } = world;
    this.#retry = new Retry({ clock, held: () => this.#held, due: () => this.#step('retryDue') });
    const shared = { version, clock, log: this.#log, metrics };
    this.input = new SessionInput({
      phoneId: options.phoneId,
      ...shared,
      tell: (event) => world.voice.device(options.phoneId, { event }),
      acknowledge: (ack, answer) => world.voice.acknowledge(options.phoneId, ack, answer),
      askClipboard: () => this.streams.askClipboard(),
      pad: options.gamepad ? new PadPipe({ ...shared, link: () => this.link }) : undefined,
      readings: world.readings,
      streaming: () => this.streams.streaming,
      present: () => readPresent(this.link, this.#life.signal),
      onTurned: () => this.#announce(),
    });
    this.streams = new SessionStreams({
      phoneId: options.phoneId,
      socket,
      ...shared,
      hostClock,
      link: async (signal) => {
        const link = this.link;
        return { link, jarPath: await world.jar.ensure(link, signal) };
      },
      onSize: (size) => {
        if (this.input.resized(size)) this.#announce();
      },
      onLowSize: (size) => this.input.turned(size) && this.#announce(),
      onDevice: (message) => this.input.heard(message),
      onChange: () => this.#announce(),
      onServerFailed: () => this.#link && world.jar.forget(this.#link),
    });
  }

  /** The main one. */
  get stream(): SessionStreams['main'] {
    return this.streams.main;
  }

  get state(): SessionState {
    return stateTold(this.#machine, this.#held);
  }

  /** The connection into the phone. Errors: SESSION_NOT_READY while there is none, PHONE_PAUSED. */
  get link(): PhoneLink {
    if (this.#held) throw phonePaused(this.phoneId);
    if (this.#link !== undefined) return this.#link;
    throw notReached(this.phoneId, this.#reason || 'connecting');
  }

  /** As `link`; one that is being made is waited for, 5 s at most. Errors: also SESSION_NOT_FOUND when the session ends meanwhile. */
  async reach(signal: AbortSignal): Promise<PhoneLink> {
    if (this.#held || this.linked || this.#machine.at === 'closed') return this.link;
    return this.#arrival.wait(this.#world.clock, signal, () => this.link);
  }

  get linked(): boolean {
    return this.#link !== undefined;
  }

  get rtp(): { readonly ip: string; readonly port: number; readonly srtp: SrtpPolicy } {
    return { ip: this.#socket.ip, port: this.#socket.port, srtp: this.#world.srtp };
  }

  /** Control messages that wait, over all its servers. */
  get queued(): number {
    return this.input.queued + this.streams.queued;
  }

  record(): SessionRecord {
    const reason = this.#held ? 'the phone is paused' : this.#reason;
    return sessionRecord(this.#world, this, { reason, deviceName: this.#deviceName });
  }

  /** The phone's `sys.boot_completed` is 1. May be told again. */
  booted(): void {
    this.#step('booted');
  }

  /**
   * While the phone is frozen nothing is asked of it: what viewers send is dropped, tries wait, a silent socket is not taken for a
   * dead one. So its link and servers are as they were when it goes on. May be told again.
   */
  hold(held: boolean): void {
    if (this.#held === held || this.#machine.at === 'closed') return;
    this.#held = held;
    if (held) this.#arrival.ended(phonePaused(this.phoneId));
    this.#control?.channel.hold(held);
    this.input.hold(held);
    this.streams.hold(held);
    this.#log.info(held ? 'the phone is paused' : 'the phone goes on');
    this.#announce();
  }

  /** Ends everything. May be called twice. */
  close(reason: string): void {
    if (this.#machine.at !== 'closed') this.#reason = reason;
    this.#step('gone');
  }

  #step(event: SessionEvent): void {
    const before = this.#machine.at;
    const step = stepSession(this.#machine, event);
    if (step === undefined)
      throw new AppError('INVALID_STATE', `session of ${this.phoneId}: '${event}' in state '${before}'`);
    this.#machine = step.next;
    if (before !== step.next.at)
      this.#log.debug({ from: before, to: step.next.at, event, reason: this.#reason }, 'session');
    for (const effect of step.effects) this.#effect(effect);
  }

  #effect(effect: SessionEffect): void {
    switch (effect) {
      case 'connectLink':
        return this.#connect();
      case 'startControl':
        return void this.#startControl();
      case 'scheduleRetry':
        return this.#retry.later();
      case 'resetBackoff':
        return this.#retry.reset();
      case 'forgetInput':
        return this.input.lost();
      case 'resumeStream':
        return this.streams.resume();
      case 'suspendStream':
        return this.streams.suspend();
      case 'announce':
        return this.#announce();
      case 'release':
        return this.#release();
    }
  }

  #connect(): void {
    this.#world.connect(this.phoneId, this.#address, this.#life.signal).then(
      (link) => this.#linkUp(link),
      (error: unknown): void => {
        this.#failed('link', error);
        this.#step('linkFailed');
      },
    );
  }

  #linkUp(link: PhoneLink): void {
    if (this.#life.signal.aborted) {
      link.close();
      return;
    }
    this.#link = link;
    const lost = (): void => {
      if (this.#link !== link) return;
      this.#link = undefined;
      this.input.unlinked();
      this.#closeControl();
      if (this.#machine.at !== 'closed') this.#reason = 'the adb connection was lost';
      this.#step('linkLost');
    };
    void link.closed.then(lost);
    this.#arrival.came(link);
    this.#step('linkUp');
    // While the phone boots there is time: the control server then starts at once.
    this.#world.jar.ensure(link, this.#life.signal).catch(() => undefined);
  }

  async #startControl(): Promise<void> {
    const { version, jar, clock, metrics } = this.#world;
    const link = this.#link;
    if (link === undefined) return;
    try {
      const control = await ControlServer.start({
        link,
        jar,
        version,
        clock,
        log: this.#log,
        metrics,
        signal: this.#life.signal,
        onMessage: (message) => this.input.heard(message),
      });
      if (this.#link !== link) control.close();
      else this.#controlUp(control);
    } catch (error) {
      jar.forget(link);
      // A try on a link that is gone is nobody's news: the next one is under way.
      if (this.#link !== link || this.#machine.at !== 'starting') return;
      this.#failed('control', error);
      this.#step('controlFailed');
    }
  }

  #controlUp(control: ControlServer): void {
    const { display, deviceName } = control;
    if (display !== undefined) this.input.display(display.natural);
    if (display !== undefined && !this.stream.streaming) this.input.resized(display.present);
    this.#control = control;
    this.#deviceName = deviceName;
    control.channel.hold(this.#held);
    void control.lost.then((reason) => this.#controlLost(control, reason));
    this.#reason = '';
    this.#step('controlUp');
    this.input.opened(control.channel);
  }

  #controlLost(control: ControlServer, reason: string): void {
    if (this.#control !== control) return;
    this.#closeControl();
    this.#reason = `the control server was lost: ${reason}`;
    this.#log.warn({ reason }, 'the control server was lost');
    this.#step('controlLost');
  }

  #closeControl(): void {
    this.#control?.close();
    this.#control = undefined;
  }

  #failed(what: 'link' | 'control', error: unknown): void {
    if (this.#life.signal.aborted) return;
    const { code, message } = asAppError(error);
    this.#world.metrics.linkFailures.inc({ code });
    // Each reason once: a phone that boots refuses some tries a second.
    const told = message === this.#reason;
    this.#reason = message;
    if (!told) this.#log.info({ what, code, reason: message }, 'the phone cannot be reached yet');
  }

  #announce(): void {
    this.#world.voice.record(this.record());
  }

  #release(): void {
    this.#life.abort(new AppError('SESSION_NOT_FOUND', `phone ${this.phoneId}: ${this.#reason}`));
    this.#arrival.ended(asAppError(this.#life.signal.reason));
    this.#retry.cancel();
    this.streams.close();
    this.input.close();
    this.#closeControl();
    this.#link?.close();
    this.#link = undefined;
    this.#socket.close();
  }
}
