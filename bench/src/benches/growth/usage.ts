import { type Browser, firstFrameMs } from '../../io/browser.js';
import type { Farm } from '../../io/farm.js';

/** Of calls by programs in each round. */
const CALLS = 5;
const AT = { x: 0.5, y: 0.7 };

/** Two phones and whoever uses them. */
export class Usage {
  readonly #farm: Farm;
  readonly #browser: Browser;
  readonly #phone: string;
  readonly #other: string;

  private constructor(farm: Farm, browser: Browser, phone: string, other: string) {
    this.#farm = farm;
    this.#browser = browser;
    this.#phone = phone;
    this.#other = other;
  }

  static async begin(farm: Farm, browser: Browser): Promise<Usage> {
    const phone = await farm.create();
    return new Usage(farm, browser, phone, await farm.create());
  }

  /** Leaves nothing that was not there before, but what the farm remembers of viewers for two minutes and in its audit. */
  async round(): Promise<void> {
    await this.#player();
    await this.#whep();
    for (let call = 0; call < CALLS; call++) await this.#programs();
    const phone = `/v1/phones/${this.#phone}`;
    await this.#api('DELETE', `/v1/groups/${await this.#made('/v1/groups', 'groupId', this.#pair)}`);
    const recording = await this.#made(`${phone}/recordings`, 'recordingId', {});
    await this.#api('POST', `/v1/recordings/${recording}/stop`);
    await this.#api('DELETE', `/v1/recordings/${recording}`);
    await this.#api('DELETE', `/v1/feeds/${await this.#made(`${phone}/feeds`, 'feedId', {})}`);
    await this.#api('POST', `${phone}/macro/record`, {});
    await this.#api('POST', `${phone}/tap`, { at: AT, takeOver: true });
    await this.#api('DELETE', `${phone}/macro/record`);
  }

  async end(): Promise<void> {
    for (const phone of [this.#phone, this.#other]) await this.#farm.delete(phone);
  }

  get #pair(): object {
    return { masterId: this.#phone, phoneIds: [this.#other] };
  }

  /** Somebody who sees the phone, touches it, and closes the page. */
  async #player(): Promise<void> {
    const page = await this.#browser.page(this.#farm);
    try {
      await firstFrameMs(page, (await this.#farm.viewer(this.#phone, 'control')).token);
      await page.click('ancloud-phone');
    } finally {
      await page.close();
    }
  }

  /** A player that is not ours, and goes without a word. */
  async #whep(): Promise<void> {
    const { token } = await this.#farm.viewer(this.#phone, 'watch');
    const page = await this.#browser.page(this.#farm);
    try {
      await page.evaluate(async (bearer) => {
        const connection = new RTCPeerConnection();
        connection.addTransceiver('video', { direction: 'recvonly' });
        await connection.setLocalDescription();
        const headers = { 'content-type': 'application/sdp', authorization: `Bearer ${bearer}` };
        const body = connection.localDescription?.sdp ?? '';
        const answer = await fetch('/v1/whep', { method: 'POST', headers, body });
        if (answer.status !== 201) throw new Error(`WHEP: ${answer.status} ${await answer.text()}`);
        await connection.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
      }, token);
    } finally {
      await page.close();
    }
  }

  async #programs(): Promise<void> {
    const phone = `/v1/phones/${this.#phone}`;
    await this.#api('POST', `${phone}/tap`, { at: AT, takeOver: true });
    await this.#api('POST', `${phone}/swipe`, { from: AT, to: { x: 0.2, y: 0.2 }, durationMs: 50 });
    await this.#api('POST', `${phone}/key`, { keycode: 29 });
    await this.#api('POST', `${phone}/text`, { text: 'hello' });
    await this.#api('PUT', `${phone}/clipboard`, { text: 'hello' });
    for (const what of [`${phone}/clipboard`, `${phone}/viewers`, `${phone}/control/audit`])
      await this.#api('GET', what);
    await this.#api('GET', '/v1/ice/self-test');
    await this.#farm.screenshot(this.#phone);
  }

  #api<T>(method: string, route: string, body?: object): Promise<T> {
    return this.#farm.api(method, route, body);
  }

  /** Makes something; its id. */
  async #made(route: string, id: string, body: object): Promise<string> {
    return (await this.#api<Record<string, string>>('POST', route, body))[id] ?? '';
  }
}
