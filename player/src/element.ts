import type { Action } from '@ancloud/contracts/input/v1/viewer';
import { limits, type RoleWord, type ServerNotifications } from '@ancloud/contracts/viewer';
import { Arrival } from './arrival.js';
import { keysOf, qualityOf, syncOf } from './attributes.js';
import { PhoneClipboard, writeClipboard } from './clipboard.js';
import { Connection, type ConnectionState } from './connection.js';
import type { AncloudPhoneEvents, Joined } from './events.js';
import { Experience } from './experience.js';
import { Hands } from './hands.js';
import type { KeyMode } from './keyboard-input.js';
import { Overlay } from './overlay.js';
import { style } from './style.js';
import { build, type Parts } from './template.js';
import { pieces, utf8Length } from './text.js';
import { toolActions, Toolbar, type ToolName } from './toolbar.js';
import { onPicture, type ShownFrame, showTrack } from './tracks.js';

/** viewer.proto: a clipboard's text is at most this long in UTF-8. */
const MAX_CLIPBOARD_BYTES = limits.clipboardMessage - 14;

/**
 * A phone in a page:
 *
 *     <ancloud-phone src="https://farm.example" token="…"></ancloud-phone>
 *
 * Attributes: `src` the farm's address (default: the page's own), `token` from POST /v1/phones/{id}/viewers (single use;
 * setting a new one connects anew), `controls="none"` hides the buttons, `fit="width"` lets the height follow the
 * picture, `quality` is `auto` (default: the low layer when the link does not take more), `high` or `low`,
 * `sync` says how far the picture waits for its sound while that is on: until nobody notices (default), `av` until they come together, `picture`
 * not at all, `keys="physical"` sends each key as the key that it is (games; default: what it makes, as text); these three may change at
 * any time. Connects when in the document and given a token; leaves when removed. A child with
 * `slot="ended"` is shown over the picture when the connection is over.
 */
export class AncloudPhone extends HTMLElement {
  static readonly observedAttributes = ['token', 'quality', 'sync', 'keys'];

  readonly #parts: Parts;
  readonly #overlay: Overlay;
  readonly #toolbar: Toolbar;
  readonly #hands: Hands;
  readonly #clipboard = new PhoneClipboard({
    write: writeClipboard,
    say: (sentence) => this.#overlay.toast(sentence),
  });
  #connection: Connection | undefined;
  #arrival = new Arrival();
  #experience: Experience | undefined;
  #shown = false;

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [style()];
    this.#parts = build(root);
    this.#overlay = new Overlay(this.#parts);
    this.#toolbar = new Toolbar(this.#parts.bar, (name) => this.#tool(name));
    this.#hands = new Hands({
      host: this,
      parts: this.#parts,
      send: (bytes, move) => this.#connection?.send(bytes, move),
      text: (text) => this.type(text),
      paste: (text) => this.setClipboard(text, true),
      keyboardShown: async () => (await this.#connection?.keyboardShown()) ?? null,
      touched: (atMs) => this.#experience?.touched(atMs),
      refused: () => this.#overlay.toast('You are watching'),
    });
    this.#become('watch');
  }

  /** `ended` also before the first token. */
  get state(): ConnectionState {
    return this.#connection?.state ?? 'ended';
  }

  get video(): HTMLVideoElement {
    return this.#parts.video;
  }

  /** Muted at first. While it is, no sound is even sent. */
  get muted(): boolean {
    return this.video.muted;
  }

  /** To be called in a click or a touch: browsers let a page that nobody has touched yet play nothing that sounds. */
  set muted(muted: boolean) {
    if (muted !== this.video.muted) this.#mute(muted);
  }

  connectedCallback(): void {
    this.#hands.enter();
    this.#connect();
  }

  disconnectedCallback(): void {
    this.#disconnect();
    this.#hands.leave();
  }

  attributeChangedCallback(name: string, _: string | null, now: string | null): void {
    if (name === 'quality') this.#connection?.quality(qualityOf(now));
    else if (name === 'sync') this.#connection?.synchronous(syncOf(now));
    else if (name === 'keys') this.#keys(keysOf(now));
    else if (this.isConnected) this.#connect();
  }

  /** Gives the keyboard to the phone. */
  override focus(): void {
    this.#hands.focus();
  }

  /** Types text into the phone, any Unicode. */
  type(text: string): void {
    for (const piece of pieces(text))
      this.#hands.send({ $case: 'text', value: { text: piece, keysOnly: false } });
  }

  /** Presses one of the phone's buttons or does one of its actions. */
  act(action: Action, argument = ''): void {
    this.#hands.send({ $case: 'action', value: { action, argument } });
  }

  /** Sets the phone's clipboard (at most 262 130 bytes of UTF-8); `paste` also pastes it where the caret is. */
  setClipboard(text: string, paste = false): void {
    if (utf8Length(text) > MAX_CLIPBOARD_BYTES)
      return this.#overlay.toast('This is more than a phone’s clipboard takes (256 KiB)');
    this.#hands.send({ $case: 'clipboard', value: { set: true, text, paste } });
  }

  /** Asks for the controls (and waits for a turn while somebody uses them), or gives them up: to the viewer `to`, if named. */
  control(want: boolean, to = ''): void {
    this.#hands.send({ $case: 'control', value: { want, to } });
  }

  #connect(): void {
    const token = this.getAttribute('token');
    this.#disconnect();
    if (token === null || token === '') return this.#overlay.end('Not connected');
    const url = new URL('/v1/signal', new URL(this.getAttribute('src') ?? location.origin, location.href));
    url.protocol = url.protocol.replace('http', 'ws');
    this.#shown = false;
    this.#arrival = new Arrival();
    this.#overlay.wait('Connecting…');
    const connection = new Connection({
      url: url.href,
      token,
      took: (step) => this.#arrival.took(step),
      track: (track) => this.#track(track),
      quality: qualityOf(this.getAttribute('quality')),
      synchronous: syncOf(this.getAttribute('sync')),
      layer: (layer) => this.#tell('layer', { layer }),
      joined: (joined) => this.#joined(joined),
      size: ({ width, height }) => this.#sized(width, height),
      state: (state, why, code) => this.#entered(state, why, code),
      notified: (method, data) => this.#notified(method, data),
    });
    connection.sound(!this.video.muted);
    this.#connection = connection;
    this.#experience = new Experience({
      video: this.video,
      counters: () => connection.stats(),
      hostMs: () => connection.hostMs(),
      heard: () => connection.heard(),
      measured: (stats) => {
        this.#overlay.stats(stats);
        this.#tell('stats', stats);
      },
      report: (report) => {
        connection.report(report);
        this.#overlay.experience(report);
        this.#tell('experience', report);
      },
    });
  }

  #disconnect(): void {
    this.#experience?.close();
    this.#hands.rest();
    this.#clipboard.cancel();
    this.#connection?.close();
    this.#connection = undefined;
    this.#become('watch');
    this.video.srcObject = null;
  }

  #track(track: MediaStreamTrack): void {
    const { video } = this;
    showTrack(video, track);
    this.#experience?.interrupted();
    video.play().catch((error: Error) => {
      // To a page that nobody has touched yet sound is not allowed: then it goes on without.
      if (error.name === 'NotAllowedError' && !video.muted) this.#mute(true);
    });
    if (track.kind === 'audio') this.#toolbar.enable('sound', true);
    else onPicture(video, (frame) => this.#firstFrame(frame));
  }

  #firstFrame({ width, height, receiveTime }: ShownFrame): void {
    if (receiveTime !== undefined) this.#arrival.took('received', receiveTime);
    this.#arrival.took('shown');
    this.#sized(width, height);
    this.#overlay.clear();
    if (this.#shown) return;
    this.#shown = true;
    this.#tell('firstframe', { width, height, steps: this.#arrival.steps });
  }

  #joined({ viewer, phone, role, hasAudio, gamepad }: Joined): void {
    this.#become(role);
    this.#hands.gamepad(gamepad === true);
    this.#toolbar.enable('sound', hasAudio);
    this.#tell('joined', { viewer, phone, role });
  }

  #become(role: RoleWord): void {
    this.#toolbar.role(role);
    this.#hands.role(role);
  }

  #sized(width: number, height: number): void {
    const { frame } = this.#parts;
    const aspect = (width / height).toFixed(5);
    if (frame.style.getPropertyValue('--aspect') === aspect) return;
    this.#hands.reshaped();
    frame.style.setProperty('--aspect', aspect);
  }

  #entered(state: ConnectionState, why: string, code: string): void {
    if (state === 'live') {
      if (this.#shown) this.#overlay.clear();
      else this.#overlay.wait('Waiting for the picture…');
    } else if (state === 'ended') this.#overlay.end(why === '' ? 'Not connected' : `Disconnected: ${why}`);
    else if (state === 'waiting') this.#overlay.wait('The picture is interrupted…', why);
    else this.#overlay.wait('Reconnecting…', why);
    if (state !== 'live') {
      this.#hands.rest();
      this.#clipboard.cancel();
    }
    this.#tell('state', { state, why, code });
  }

  #notified<M extends 'control' | 'clipboard' | 'refused' | 'gamepad' | 'lifted'>(
    method: M,
    data: ServerNotifications[M],
  ): void {
    if (method === 'clipboard') {
      const { text } = data as ServerNotifications['clipboard'];
      this.#tell('clipboard', { text });
      void this.#clipboard.told(text);
    } else if (method === 'refused') {
      this.#clipboard.cancel();
      this.#overlay.toast((data as ServerNotifications['refused']).message);
    } else if (method === 'gamepad') this.#hands.gamepad((data as ServerNotifications['gamepad']).gamepad);
    else if (method === 'lifted') this.#hands.lifted();
    else {
      const control = data as ServerNotifications['control'];
      this.#hands.holds(control.yours);
      this.#tell('control', control);
    }
  }

  #tool(name: ToolName): void {
    const action = toolActions[name];
    if (action !== undefined) return this.act(action);
    if (name === 'keyboard') this.#hands.focus();
    else if (name === 'keys') {
      const keys = keysOf(this.getAttribute('keys')) === 'text' ? 'physical' : 'text';
      this.setAttribute('keys', keys);
      this.#tell('keys', { keys });
    } else if (name === 'copy') {
      this.#clipboard.ask();
      this.#hands.send({ $case: 'clipboard', value: { set: false, text: '', paste: false } });
    } else if (name === 'sound') this.#mute(!this.video.muted);
    else if (name === 'stats') this.#toolbar.press('stats', this.#overlay.toggleStats());
    else if (name === 'full-screen') {
      const done = document.fullscreenElement === this ? document.exitFullscreen() : this.requestFullscreen();
      done.catch(() => this.#overlay.toast('This page may not fill the screen'));
    }
  }

  #keys(keys: KeyMode): void {
    this.#hands.keys(keys);
    this.#toolbar.press('keys', keys === 'physical');
  }

  #mute(muted: boolean): void {
    const { video } = this;
    video.muted = muted;
    this.#toolbar.press('sound', !muted);
    this.#connection?.sound(!muted);
    this.#tell('sound', { muted });
    video.play().catch(() => undefined);
  }

  #tell<K extends keyof AncloudPhoneEvents>(name: K, detail: AncloudPhoneEvents[K]['detail']): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

if (customElements.get('ancloud-phone') === undefined) customElements.define('ancloud-phone', AncloudPhone);
