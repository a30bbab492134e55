import { Role } from '@ancloud/contracts/common/v1/common';
import { MediaServiceClient, type SignalFrame } from '@ancloud/contracts/media/v1/media';
import { type ClientRequests, parseFrame } from '@ancloud/contracts/viewer';
import { createClient, type GrpcClient } from '@ancloud/kit';
import type { Farm } from './farm.js';
import { secret } from './insider.js';

type Medias = GrpcClient<typeof MediaServiceClient.service>;
type Waiting = { readonly resolve: (ok: unknown) => void; readonly reject: (error: Error) => void };

/** Seats at a farm's media-svc in the gateway's place: for viewers of phones that no gateway knows. */
export class Seats {
  readonly #medias: Medias;

  constructor(farm: Farm) {
    const address = `127.0.0.1:${farm.port('media-svc gRPC')}`;
    this.#medias = createClient(MediaServiceClient, address, { farmSecret: secret(farm, 'farm') });
  }

  /** One with the right to touch that wants no picture. */
  async take(phone: string, viewer: string): Promise<Seat> {
    const seat = new Seat(this.#medias.signal(), phone, viewer);
    // The token has done its duty at the gateway.
    await seat.request('join', { token: '' });
    return seat;
  }

  close(): void {
    this.#medias.close();
  }
}

/** A viewer's signalling as the gateway relays it. */
export class Seat {
  readonly #call: ReturnType<Medias['signal']>;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;

  constructor(call: ReturnType<Medias['signal']>, phone: string, viewer: string) {
    this.#call = call;
    call.on('data', ({ frame }: SignalFrame) => {
      if (frame?.$case === 'json') this.#received(frame.value);
    });
    call.on('error', (error: Error) => this.#over(error));
    call.on('end', () => this.#over(new Error('media-svc ended a viewer')));
    const open = {
      viewerId: viewer,
      phoneId: phone,
      role: Role.ROLE_CONTROL,
      edge: false,
      connection: '',
      pinned: false,
    };
    call.write({ frame: { $case: 'open', value: open } });
  }

  request<M extends keyof ClientRequests>(
    method: M,
    data: ClientRequests[M]['data'],
  ): Promise<ClientRequests[M]['reply']> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (ok: unknown) => void, reject });
      this.#call.write({ frame: { $case: 'json', value: JSON.stringify({ id, method, data }) } });
    });
  }

  /** The viewer leaves. */
  close(): void {
    this.#call.end();
  }

  #received(text: string): void {
    const frame = parseFrame(text);
    if (frame === null || 'notify' in frame || 'method' in frame) return;
    const waiting = this.#waiting.get(frame.id);
    this.#waiting.delete(frame.id);
    if (frame.error === undefined) waiting?.resolve(frame.ok);
    else waiting?.reject(new Error(`${frame.error.code}: ${frame.error.message}`));
  }

  #over(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
