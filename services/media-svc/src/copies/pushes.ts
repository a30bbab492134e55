import { PushRecord, PushState } from '@ancloud/contracts/state/v1/state';
import { AppError, type Log, type Metrics } from '@ancloud/kit';
import { ffmpegArgv, hlsOutput, progressOutput } from '../core/ffmpeg-argv.js';
import { type CopyTarget, type HlsTarget, type PushTarget, readPushUrl } from '../core/push-url.js';
import { type Addresses, Destinations } from '../io/destinations.js';
import { findFfmpeg } from '../io/ffmpeg.js';
import { HlsOrigin } from '../io/hls-origin.js';
import type { Names } from '../io/names.js';
import type { PhoneFollower } from '../io/phone-ends.js';
import { PushStore, type StoredPush } from '../io/push-store.js';
import { TlsRelay } from '../io/tls-relay.js';
import { WhipEndpoint } from '../io/whip-endpoint.js';
import type { Stream } from '../streams/stream.js';
import { CopyLink, type OutletEvents, type Way } from './copy-link.js';
import { HlsOutlet } from './hls-outlet.js';
import { ProgressOutlet } from './progress-outlet.js';
import { Push } from './push.js';
import type { LinkEvents, PushLink } from './push-link.js';
import { Turns } from './turns.js';
import { WhipLink } from './whip-link.js';

/** Of one phone at a time: each is a connection, of most an ffmpeg. */
const MAX_OF_PHONE = 4;
/** How long one that has ended is listed, so that somebody learns why. */
const REMEMBERED_MS = 60 * 60_000;
/**
 * A segment of HLS begins with a key frame, and phones whose screens stand still send none: one is wanted after so long. Longer than a moving
 * screen's encoder takes to the next by itself.
 */
const HLS_KEY_FRAME_MS = 4_000;
/** ffmpeg may write no file at all. */
const NO_FILE = 0;

export interface PushesOptions {
  readonly folder: string;
  /** Networks inside that may be pushed to. */
  readonly allow: readonly string[];
  readonly names: Names;
  readonly ffmpeg: string;
  readonly openStream: (phoneId: string) => Promise<Stream>;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** The pushes of this media-svc. Owns them; those that are wanted go on when the process begins again. */
export class Pushes implements PhoneFollower {
  readonly #options: PushesOptions;
  readonly #store: PushStore;
  readonly #destinations: Destinations;
  readonly #all = new Map<string, Push>();
  /** Starts, by phone: those are counted that have begun, and an id that is asked for again is known. */
  readonly #starts = new Turns();
  readonly #failures;

  private constructor(options: PushesOptions, store: PushStore) {
    this.#options = options;
    this.#store = store;
    this.#destinations = new Destinations(options.allow, { log: options.log, names: options.names });
    const { metrics } = options;
    this.#failures = metrics.counter(
      'ancloud_media_push_failures_total',
      'Connections of pushes that ended, or never were, not by our wish',
    );
    const live = metrics.gauge('ancloud_media_pushes', 'Pushes under way, by whether pictures go out', [
      'state',
    ]);
    Object.assign(live, {
      collect: () => {
        const running = [...this.#all.values()].filter((push) => push.running);
        const sending = running.filter(({ record }) => record.state === PushState.PUSH_STATE_LIVE).length;
        live.set({ state: 'live' }, sending);
        live.set({ state: 'connecting' }, running.length - sending);
      },
    });
  }

  /** Errors: CONFIG_INVALID for `allow`, those of the file system. */
  static async open(options: PushesOptions): Promise<Pushes> {
    const pushes = new Pushes(options, PushStore.open(options.folder, options.log));
    for (const stored of await pushes.#store.load()) pushes.#adopt(stored);
    return pushes;
  }

  /**
   * One with a known id is begun already. Those of one phone begin one after the other. `gone`: whoever asked does not wait any more. Errors:
   * INVALID_ARGUMENT, DESTINATION_REFUSED, UNAVAILABLE, CAPACITY, EXEC_FAILED, CANCELLED, and what opening the stream says.
   */
  start(request: Omit<StoredPush, 'startedAtMs'>, gone: () => boolean): Promise<PushRecord> {
    return this.#starts.take(request.phoneId, () => this.#start(request, gone));
  }

  /** Ends it and forgets it. Errors: PUSH_NOT_FOUND. */
  async stop(pushId: string): Promise<PushRecord> {
    const push = this.#all.get(pushId);
    if (push === undefined)
      throw new AppError('PUSH_NOT_FOUND', `there is no push '${pushId}' here`, {
        field: 'pushId',
        value: pushId,
      });
    push.close('it was stopped', true);
    // Known until it is: one that could not be forgotten can be stopped again, and would begin again with the next process.
    await this.#store.remove(pushId);
    this.#all.delete(pushId);
    return push.record;
  }

  /** Of pushes under way. */
  get phones(): string[] {
    return [...this.#all.values()].flatMap(({ running, record }) => (running ? record.phoneId : []));
  }

  /** Its pushes end; they are listed with the reason for a while, as those that gave up. */
  phoneEnded(phoneId: string, reason: string): void {
    for (const [pushId, push] of this.#all) {
      if (!push.running || push.record.phoneId !== phoneId) continue;
      push.close(reason, true);
      void this.#forget(pushId);
    }
  }

  list(): PushRecord[] {
    const now = Date.now();
    for (const [id, { running, record }] of this.#all)
      if (!running && now - record.endedAtMs > REMEMBERED_MS) this.#all.delete(id);
    return [...this.#all.values()].map(({ record }) => record);
  }

  /** This media-svc stops; what is wanted stays wanted. May be called twice. */
  close(): void {
    for (const push of this.#all.values()) push.close('this media-svc is stopping', false);
  }

  async #start(request: Omit<StoredPush, 'startedAtMs'>, gone: () => boolean): Promise<PushRecord> {
    const { pushId, phoneId, url, token } = request;
    if (gone()) throw givenUp(phoneId);
    const known = this.#all.get(pushId);
    if (known !== undefined) return known.record;
    const target = readPushUrl(url, token);
    const running = [...this.#all.values()].filter((one) => one.running && one.record.phoneId === phoneId);
    if (running.length >= MAX_OF_PHONE)
      throw new AppError('CAPACITY', `phone ${phoneId} is pushed to ${MAX_OF_PHONE} destinations already`, {
        field: 'phoneId',
        value: phoneId,
        fix: 'stop one of them first',
      });
    await addressOf(target, this.#destinations.of(request.owner));
    if (target.kind !== 'whip') findFfmpeg(this.#options.ffmpeg);
    // A phone without a session, or with a stream elsewhere, is the caller's to know.
    await this.#options.openStream(phoneId);
    // It would send to a destination of which its caller was told that it is none.
    if (gone()) throw givenUp(phoneId);
    const stored = { ...request, startedAtMs: Date.now() };
    await this.#store.save(stored);
    return this.#begin(stored, target).record;
  }

  /** One that this version cannot read keeps nobody from a picture. */
  #adopt(stored: StoredPush): void {
    try {
      this.#begin(stored, readPushUrl(stored.url, stored.token));
    } catch (error) {
      this.#options.log.error({ push: stored.pushId, err: error }, 'a push cannot go on');
    }
  }

  #begin(stored: StoredPush, target: PushTarget): Push {
    const { pushId, owner, phoneId, startedAtMs } = stored;
    const record = PushRecord.fromPartial({
      pushId,
      owner,
      phoneId,
      startedAtMs,
      destination: target.shown,
      state: PushState.PUSH_STATE_CONNECTING,
    });
    const addresses = this.#addressesFor(record);
    const push = new Push({
      record,
      connect: (events) => this.#connect(stored, target, addresses, events),
      finish:
        target.kind === 'hls'
          ? () => this.#hls(target, addresses, { sent: () => {}, failed: () => {} }).close(true)
          : undefined,
      failed: () => this.#failures.inc(),
      ended: () => void this.#forget(pushId),
      log: this.#options.log,
    });
    this.#all.set(pushId, push);
    push.begin();
    return push;
  }

  #connect(
    { pushId: id, phoneId, url }: StoredPush,
    target: PushTarget,
    addresses: Addresses,
    events: LinkEvents,
  ): PushLink {
    const openStream = (): Promise<Stream> => this.#options.openStream(phoneId);
    if (target.kind === 'whip')
      return WhipLink.begin(openStream, {
        id,
        endpoint: new WhipEndpoint(target.endpoint, target.token, addresses),
        allows: (address) => this.#destinations.allows(address),
        events,
        log: this.#options.log,
      });
    const given = { id, openStream, scrub: scrubber(url), events };
    const link =
      target.kind === 'hls'
        ? new CopyLink({
            ...given,
            way: async () => ({ argv: this.#argv(false, hlsOutput) }),
            outlet: (heard) => this.#hls(target, addresses, heard),
            keyFrameEachMs: HLS_KEY_FRAME_MS,
          })
        : new CopyLink({
            ...given,
            way: () => this.#way(target, addresses),
            outlet: (heard) => new ProgressOutlet(heard),
          });
    link.begin();
    return link;
  }

  async #way(target: CopyTarget, addresses: Addresses): Promise<Way> {
    const { host, port, secure, output } = target;
    const address = await addressOf(target, addresses);
    const argv = (...to: Parameters<typeof output>): string[] =>
      this.#argv(true, [...progressOutput, ...output(...to)]);
    if (!secure) return { argv: argv(address, port) };
    const relay = await TlsRelay.open({ host, address, port });
    return { argv: argv('127.0.0.1', relay.port), close: () => relay.close() };
  }

  #hls(target: HlsTarget, addresses: Addresses, events: OutletEvents): HlsOutlet {
    return new HlsOutlet(new HlsOrigin(target, addresses), target.stem, events);
  }

  /**
   * For its connections. It was let begin, so its operator hears once that it is refused now: by a version that refuses more, by another
   * `allow`, or as its name or a redirect leads inside.
   */
  #addressesFor({ pushId, phoneId, owner, destination }: PushRecord): Addresses {
    let told = false;
    return this.#destinations.of(owner, (err) => {
      if (told) return;
      told = true;
      const facts = { push: pushId, phone: phoneId, owner, destination, fix: err.fix, err };
      this.#options.log.warn(facts, 'a push is refused its destination: it is forgotten if that stays so');
    });
  }

  #argv(network: boolean, output: readonly string[]): string[] {
    const root = process.getuid?.() === 0;
    const ffmpeg = findFfmpeg(this.#options.ffmpeg);
    return ffmpegArgv(ffmpeg, { root, network, fileBytes: NO_FILE }, output);
  }

  /** It has ended, and not by a stop: it does not begin again with the next process. */
  async #forget(pushId: string): Promise<void> {
    await this.#store.remove(pushId).catch((error: unknown) => {
      this.#options.log.error({ push: pushId, err: error }, 'a push could not be forgotten');
    });
  }
}

/** ffmpeg names what it could not open: everything of the URL behind its scheme goes, in each form in which it may be quoted. */
function scrubber(url: string): (text: string) => string {
  return (text) => {
    const plain = text.replaceAll(url, '…').replaceAll(/\b(rtmps?|srt|tcp):\/\/\S*/g, '$1://…');
    const parts = URL.parse(url);
    const path = parts?.pathname.slice(1) ?? '';
    const secrets = [path, path.split('/').at(-1), parts?.password, ...(parts?.searchParams.values() ?? [])];
    return secrets.reduce<string>(
      (clean, secret) => (secret === undefined || secret.length < 3 ? clean : clean.replaceAll(secret, '…')),
      plain,
    );
  };
}

const givenUp = (phoneId: string): AppError =>
  new AppError('CANCELLED', `whoever wanted ${phoneId} pushed does not wait any more`);

function addressOf(target: PushTarget, addresses: Addresses): Promise<string> {
  const { protocol } =
    target.kind === 'whip' ? target.endpoint : target.kind === 'hls' ? target.playlist : { protocol: '' };
  return addresses.addressOf(target.host, { clear: protocol === 'http:' });
}
