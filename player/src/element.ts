import { Action, type ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import type { ServerNotifications } from '@ancloud/contracts/viewer';
import { Connection, type ConnectionState } from './connection.js';
import { meaningOf } from './keys.js';
import { PictureMeter, type PictureStats } from './stats.js';
import { buttons, template } from './template.js';
import { encode, normalised, type Pointer, Touches } from './touches.js';

/** Events of `<ancloud-phone>`; all are CustomEvents that bubble. */
export interface AncloudPhoneEvents {
  /** The connection's state changed. */
  state: CustomEvent<{ state: ConnectionState; why: string }>;
  /** First frame of this connection was shown. */
  firstframe: CustomEvent<{ width: number; height: number }>;
  /** Who holds the controls. */
  control: CustomEvent<ServerNotifications['control']>;
  /** The phone's clipboard came. */
  clipboard: CustomEvent<{ text: string }>;
  /** Once a second. */
  stats: CustomEvent<PictureStats>;
}

const BUTTON_ACTIONS: Readonly<Record<string, Action>> = {
  back: Action.ACTION_BACK_OR_SCREEN_ON,
  home: Action.ACTION_HOME,
  recents: Action.ACTION_APP_SWITCH,
  'volume-down': Action.ACTION_VOLUME_DOWN,
  'volume-up': Action.ACTION_VOLUME_UP,
  power: Action.ACTION_POWER,
  rotate: Action.ACTION_ROTATE,
};

/** Wheel steps × 100 per pixel of a smooth wheel: a notch of 100 px is one step. */
const WHEEL_PER_PIXEL = 1;
const WHEEL_LIMIT = 1_600;
const TOAST_MS = 3_000;

/**
 * A phone in a page:
 *
 *     <ancloud-phone src="https://farm.example" token="…"></ancloud-phone>
 *
 * Attributes: `src` the farm's address (default: the page's own), `token` from POST /v1/phones/{id}/viewers (single use;
 * setting a new one connects anew), `controls="none"` hides the buttons. Connects when in the document and given a token;
 * leaves when removed.
 */
export class AncloudPhone extends HTMLElement {
  static readonly observedAttributes = ['token'];

  readonly #root = this.attachShadow({ mode: 'open' });
  readonly #video: HTMLVideoElement;
  readonly #keyboard: HTMLTextAreaElement;
  readonly #rings = new Map<number, HTMLElement>();
  readonly #touches = new Touches((bytes, move) => this.#connection?.send(bytes, move));
  #connection: Connection | undefined;
  #meter = new PictureMeter();
  #statsTimer: number | undefined;
  #toastTimer: number | undefined;
  #role: 'watch' | 'control' = 'watch';
  #shown = false;

  constructor() {
    super();
    this.#root.append(template.content.cloneNode(true));
    this.#video = this.#part('video');
    this.#keyboard = this.#part('.keyboard');
    this.#makeButtons();
    this.#listen();
  }

  /** Nothing is seen when the connection ended or has not begun. */
  get state(): ConnectionState {
    return this.#connection?.state ?? 'ended';
  }

  get video(): HTMLVideoElement {
    return this.#video;
  }

  connectedCallback(): void {
    this.#connect();
  }

  disconnectedCallback(): void {
    this.#disconnect();
  }

  attributeChangedCallback(): void {
    if (this.isConnected) this.#connect();
  }

  /** Types text into the phone, any Unicode. */
  type(text: string): void {
    // Text travels in pieces of whole characters, 1,000 UTF-16 units at most: well inside the message limit.
    for (const piece of text.match(/[\s\S]{1,1000}(?![\uDC00-\uDFFF])/gu) ?? [])
      this.#send({ $case: 'text', value: { text: piece } });
  }

  /** Presses one of the phone's buttons or does one of its actions. */
  act(action: Action, argument = ''): void {
    this.#send({ $case: 'action', value: { action, argument } });
  }

  /** Sets the phone's clipboard; `paste` also pastes it where the caret is. */
  setClipboard(text: string, paste = false): void {
    this.#send({ $case: 'clipboard', value: { set: true, text, paste } });
  }

  /** Asks for the controls, or gives them up. */
  control(want: boolean): void {
    this.#send({ $case: 'control', value: { want } });
  }

  #connect(): void {
    const token = this.getAttribute('token');
    this.#disconnect();
    if (token === null || token === '') return;
    const url = new URL('/v1/signal', new URL(this.getAttribute('src') ?? location.origin, location.href));
    url.protocol = url.protocol.replace('http', 'ws');
    this.#shown = false;
    this.#veil('Connecting…', true);
    this.#connection = new Connection({
      url: url.href,
      token,
      track: (track) => this.#track(track),
      joined: ({ role }) => this.#joined(role),
      size: ({ width, height }) => this.#sized(width, height),
      state: (state, why) => this.#entered(state, why),
      notified: (method, data) => this.#notified(method, data),
    });
    this.#statsTimer = setInterval(() => void this.#measure(), 1_000);
  }

  #disconnect(): void {
    clearInterval(this.#statsTimer);
    this.#touches.cancel();
    this.#connection?.close();
    this.#connection = undefined;
    this.#meter = new PictureMeter();
    for (const track of this.#stream().getTracks()) this.#stream().removeTrack(track);
  }

  #stream(): MediaStream {
    if (this.#video.srcObject instanceof MediaStream) return this.#video.srcObject;
    const stream = new MediaStream();
    this.#video.srcObject = stream;
    return stream;
  }

  #track(track: MediaStreamTrack): void {
    const stream = this.#stream();
    for (const old of stream.getTracks()) if (old.kind === track.kind) stream.removeTrack(old);
    stream.addTrack(track);
    void this.#video.play().catch(() => undefined);
    if (track.kind === 'video')
      this.#video.requestVideoFrameCallback((_, frame) => this.#firstFrame(frame.width, frame.height));
  }

  #firstFrame(width: number, height: number): void {
    this.#sized(width, height);
    this.#hideVeil();
    if (this.#shown) return;
    this.#shown = true;
    this.#tell('firstframe', { width, height });
  }

  #joined(role: 'watch' | 'control'): void {
    this.#role = role;
    for (const button of this.#root.querySelectorAll<HTMLButtonElement>('button[data-acts]'))
      button.disabled = role === 'watch';
  }

  #sized(width: number, height: number): void {
    const ratio = `${width} / ${height}`;
    const frame = this.#part<HTMLElement>('.frame');
    if (frame.style.getPropertyValue('--ratio') === ratio) return;
    // Touches of the old shape are void.
    this.#touches.cancel();
    frame.style.setProperty('--ratio', ratio);
  }

  #entered(state: ConnectionState, why: string): void {
    if (state === 'live') {
      if (this.#shown) this.#hideVeil();
      else this.#veil('Waiting for the picture…', true);
    } else if (state === 'ended') this.#veil(why === '' ? 'Ended' : sentence(why), false);
    else if (state === 'waiting') this.#veil('The phone’s picture is interrupted…', true);
    else this.#veil('Reconnecting…', true);
    if (state !== 'live') this.#touches.cancel();
    this.#tell('state', { state, why });
  }

  #notified<M extends 'control' | 'clipboard' | 'refused'>(method: M, data: ServerNotifications[M]): void {
    if (method === 'clipboard') {
      const { text } = data as ServerNotifications['clipboard'];
      this.#tell('clipboard', { text });
      navigator.clipboard?.writeText(text).catch(() => undefined);
    } else if (method === 'refused') {
      this.#toast(sentence((data as ServerNotifications['refused']).message));
    } else this.#tell('control', data as ServerNotifications['control']);
  }

  async #measure(): Promise<void> {
    const report = await this.#connection?.stats().catch(() => undefined);
    const stats = report === undefined ? undefined : this.#meter.read(report);
    if (stats === undefined) return;
    this.#tell('stats', stats);
    const panel = this.#part<HTMLElement>('.stats');
    if (panel.hidden) return;
    panel.textContent = [
      `${stats.width}×${stats.height}  ${stats.fps.toFixed(0)} fps`,
      `${(stats.bitRate / 1e6).toFixed(2)} Mb/s`,
      `rtt ${stats.rttMs?.toFixed(1) ?? '–'} ms  lost ${stats.packetsLost}`,
      `decode ${stats.decodeMs.toFixed(1)} ms  buffer ${stats.bufferMs.toFixed(0)} ms`,
      `dropped ${stats.framesDropped}  freezes ${stats.freezes}`,
    ].join('\n');
  }

  #makeButtons(): void {
    const bar = this.#part<HTMLElement>('.bar');
    for (const { name, label, icon, acts } of buttons) {
      const button = document.createElement('button');
      button.type = 'button';
      button.dataset['name'] = name;
      if (acts) button.dataset['acts'] = '';
      button.setAttribute('aria-label', label);
      button.title = label;
      button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${icon}"/></svg>`;
      button.addEventListener('click', () => this.#pressed(name, button));
      bar.append(button);
    }
  }

  #pressed(name: string, button: HTMLButtonElement): void {
    const action = BUTTON_ACTIONS[name];
    if (action !== undefined) return this.act(action);
    switch (name) {
      case 'keyboard':
        return this.#keyboard.focus();
      case 'copy':
        return this.#send({ $case: 'clipboard', value: { set: false, text: '', paste: false } });
      case 'sound':
        this.#video.muted = !this.#video.muted;
        button.setAttribute('aria-pressed', String(!this.#video.muted));
        return;
      case 'stats': {
        const panel = this.#part<HTMLElement>('.stats');
        panel.hidden = !panel.hidden;
        button.setAttribute('aria-pressed', String(!panel.hidden));
        return;
      }
      case 'full-screen':
        void (
          document.fullscreenElement === this ? document.exitFullscreen() : this.requestFullscreen()
        ).catch(() => undefined);
        return;
      default:
    }
  }

  #listen(): void {
    const video = this.#video;
    video.addEventListener('pointerdown', (event) => {
      event.preventDefault();
      video.focus({ preventScroll: true });
      video.setPointerCapture(event.pointerId);
      this.#touches.down(this.#pointer(event));
      this.#ring(event, true);
    });
    video.addEventListener('pointermove', (event) => {
      // Coalesced events hold what the browser saw between frames: strokes stay round.
      const all = event.getCoalescedEvents?.() ?? [];
      const hovering = event.pointerType === 'mouse' && event.buttons === 0;
      if (hovering) return this.#touches.hover(this.#pointer(event));
      for (const one of all.length > 0 ? all : [event])
        this.#touches.move(this.#pointer(one, event.pointerId));
      this.#ring(event, true);
    });
    for (const name of ['pointerup', 'pointercancel'] as const) {
      video.addEventListener(name, (event) => {
        this.#touches.up(this.#pointer(event));
        this.#ring(event, false);
      });
    }
    video.addEventListener('contextmenu', (event) => event.preventDefault());
    video.addEventListener(
      'wheel',
      (event) => {
        event.preventDefault();
        const { x, y } = this.#place(event);
        const step = (pixels: number): number =>
          Math.max(-WHEEL_LIMIT, Math.min(WHEEL_LIMIT, Math.round(-pixels * WHEEL_PER_PIXEL)));
        this.#send({
          $case: 'scroll',
          value: {
            x: normalised(x),
            y: normalised(y),
            horizontal: step(event.deltaX),
            vertical: step(event.deltaY),
            buttons: 0,
          },
        });
      },
      { passive: false },
    );
    for (const target of [video, this.#keyboard] as HTMLElement[]) {
      target.addEventListener('keydown', (event) => this.#key(event, true));
      target.addEventListener('keyup', (event) => this.#key(event, false));
      target.addEventListener('paste', (event) => {
        const text = event.clipboardData?.getData('text/plain') ?? '';
        event.preventDefault();
        if (text !== '') this.setClipboard(text, true);
      });
    }
    // What an input method composes arrives whole; single characters of plain typing come as key events.
    this.#keyboard.addEventListener('input', (event) => {
      if (event.isComposing) return;
      const text = this.#keyboard.value;
      this.#keyboard.value = '';
      if (text !== '') this.type(text);
    });
    this.#keyboard.addEventListener('compositionend', () => {
      const text = this.#keyboard.value;
      this.#keyboard.value = '';
      if (text !== '') this.type(text);
    });
  }

  #key(event: KeyboardEvent, down: boolean): void {
    if (event.isComposing || event.key === 'Process') return;
    const meaning = meaningOf(event);
    // Ctrl+V is the browser's: its paste event brings the text.
    if (meaning.kind === 'none' || (event.code === 'KeyV' && (event.ctrlKey || event.metaKey))) return;
    if (event.key === 'Tab' && event.shiftKey) return;
    if (meaning.kind === 'text') {
      // On the text field the input event brings it: also from screen keyboards that send no useful keys.
      if (event.target === this.#keyboard) return;
      event.preventDefault();
      if (down) this.type(meaning.text);
      return;
    }
    event.preventDefault();
    this.#send({
      $case: 'key',
      value: { down, keycode: meaning.keycode, repeat: event.repeat ? 1 : 0, metastate: meaning.metastate },
    });
  }

  #place(event: MouseEvent): { x: number; y: number } {
    const box = this.#video.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  }

  #pointer(event: PointerEvent, id = event.pointerId): Pointer {
    return {
      id,
      ...this.#place(event),
      pressure: event.pressure === 0 ? 0.5 : event.pressure,
      mouse: event.pointerType === 'mouse',
      buttons: event.buttons,
    };
  }

  /** Echo of a finger at once, long before its picture comes back. */
  #ring(event: PointerEvent, down: boolean): void {
    let ring = this.#rings.get(event.pointerId);
    if (!down) {
      ring?.remove();
      this.#rings.delete(event.pointerId);
      return;
    }
    if (this.#role === 'watch') return;
    if (ring === undefined) {
      ring = document.createElement('div');
      ring.className = 'ring';
      this.#rings.set(event.pointerId, ring);
      this.#part<HTMLElement>('.rings').append(ring);
    }
    const box = this.#video.getBoundingClientRect();
    ring.style.transform = `translate(${event.clientX - box.left}px, ${event.clientY - box.top}px)`;
  }

  #send(input: NonNullable<ViewerInput['input']>): void {
    this.#connection?.send(encode({ input }), false);
  }

  #veil(why: string, busy: boolean): void {
    const veil = this.#part<HTMLElement>('.veil');
    veil.hidden = false;
    veil.classList.toggle('still', !busy);
    this.#part<HTMLElement>('.why').textContent = why;
  }

  #hideVeil(): void {
    this.#part<HTMLElement>('.veil').hidden = true;
  }

  #toast(text: string): void {
    const toast = this.#part<HTMLElement>('.toast');
    toast.textContent = text;
    clearTimeout(this.#toastTimer);
    this.#toastTimer = setTimeout(() => (toast.textContent = ''), TOAST_MS);
  }

  #tell<T>(name: keyof AncloudPhoneEvents, detail: T): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }

  #part<E extends Element>(selector: string): E {
    const found = this.#root.querySelector<E>(selector);
    if (found === null) throw new TypeError(`<ancloud-phone> has no ${selector}`);
    return found;
  }
}

function sentence(text: string): string {
  return text === '' ? '' : `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

if (customElements.get('ancloud-phone') === undefined) customElements.define('ancloud-phone', AncloudPhone);
