import { Role } from '@ancloud/contracts/common/v1/common';
import { MediaServiceClient, type SignalFrame } from '@ancloud/contracts/media/v1/media';
import type { ClientRequests } from '@ancloud/contracts/viewer';
import { createClient, type GrpcClient } from '@ancloud/kit';
import type { Farm } from './farm.js';
import { secret } from './insider.js';
import { Questions } from './questions.js';

type Medias = GrpcClient<typeof MediaServiceClient.service>;

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
  readonly #questions: Questions;

  constructor(call: ReturnType<Medias['signal']>, phone: string, viewer: string) {
    this.#call = call;
    this.#questions = new Questions((value) => void call.write({ frame: { $case: 'json', value } }));
    call.on('data', ({ frame }: SignalFrame) => {
      if (frame?.$case === 'json') this.#questions.received(frame.value);
    });
    call.on('error', (error: Error) => this.#questions.over(error));
    call.on('end', () => this.#questions.over(new Error('media-svc ended a viewer')));
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
    return this.#questions.request(method, data);
  }

  /** The viewer leaves. */
  close(): void {
    this.#call.end();
  }
}
