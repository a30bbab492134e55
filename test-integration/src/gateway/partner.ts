import { eventually, require } from '../harness/eventually.js';
import type { Answer, GatewayProcess, Json } from './gateway-process.js';

/** What a partner does with phones, by REST. */
export class Partner {
  readonly #gateway: GatewayProcess;

  constructor(gateway: GatewayProcess) {
    this.#gateway = gateway;
  }

  async list(): Promise<Json['phones']> {
    return (await this.#gateway.call('GET', '/v1/phones')).json.phones;
  }

  async create(body: unknown = {}): Promise<Json> {
    const made = await this.#gateway.call('POST', '/v1/phones', { body });
    if (made.status !== 202) throw new Error(`no phone was made: ${made.text}`);
    return made.json;
  }

  /** @param at the gateway that is asked. */
  wait({ operationId }: Json['operation'], at = this.#gateway): Promise<Answer> {
    return at.call('GET', `/v1/operations/${operationId}/wait?timeoutMs=60000`);
  }

  /** A phone that is ready, as another gateway says where one is named. */
  async ready(at?: GatewayProcess): Promise<string> {
    const { phone, operation } = await this.create();
    const done = await this.wait(operation, at);
    if (done.json.state !== 'done') throw new Error(`the phone is not ready: ${done.text}`);
    return phone.phoneId;
  }

  async remove(phoneId: string): Promise<void> {
    const { json } = await this.#gateway.call('DELETE', `/v1/phones/${phoneId}`);
    await this.wait(json.operation);
  }

  /** Without waiting for their hosts; there is none left then. */
  async removeAll(): Promise<void> {
    for (const { phoneId } of await this.list())
      await this.#gateway.call('DELETE', `/v1/phones/${phoneId}?force=true`);
    await eventually(async () => require((await this.list()).length === 0, 'phones are left'));
  }
}
