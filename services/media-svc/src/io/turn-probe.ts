import { createHash } from 'node:crypto';
import { AppError } from '@ancloud/kit';
import {
  attribute,
  errorOf,
  method,
  readStun,
  readXorAddress,
  u32,
  valueOf,
  writeStun,
  xorAddress,
  type StunAddress,
  type StunMessage,
} from './stun.js';
import type { StunLink, StunRequest } from './stun-link.js';

export interface TurnLogin {
  readonly username: string;
  /** Secret. */
  readonly credential: string;
}

/** REQUESTED-TRANSPORT: UDP. */
const UDP = Buffer.from([17, 0, 0, 0]);
/** As for a request by UDP (stun-link.ts): behind the server either way may lose it. */
const REPEAT_MS = [0, 500, 1_500, 3_500] as const;
const ANSWER_MS = 5_000;

/** What a TURN server said instead of what was asked for (RFC 8656 §18). */
export class TurnRefusal extends Error {
  constructor(
    readonly code: number,
    reason: string,
  ) {
    super(`${code} ${reason}`.trim());
  }
}

/** An address on a TURN server, for as long as it takes to try it. Owned by who allocated it; ends by `close`. */
export class TurnProbe {
  readonly #link: StunLink;
  readonly #login: TurnLogin;
  readonly #realm: Buffer;
  #nonce: Buffer;
  /** Who waits for what comes through, by transaction. */
  readonly #relaying = new Map<string, (answer: StunMessage) => void>();
  /** Where it relays from. */
  relayed: StunAddress | undefined;

  private constructor(link: StunLink, login: TurnLogin, realm: Buffer, nonce: Buffer) {
    this.#link = link;
    this.#login = login;
    this.#realm = realm;
    this.#nonce = nonce;
    link.indication = (message) => {
      const data = message.method === method.data ? valueOf(message, attribute.data) : undefined;
      const answer = data === undefined ? undefined : readStun(data);
      if (answer !== undefined) this.#relaying.get(idOf(answer))?.(answer);
    };
  }

  /** `link`, to a TURN server, is the probe's from now on. Errors: UNAVAILABLE or DEADLINE_EXCEEDED without an answer; TurnRefusal, with 401 when the login is not taken. */
  static async allocate(link: StunLink, login: TurnLogin): Promise<TurnProbe> {
    try {
      const allocate: StunRequest = {
        method: method.allocate,
        attributes: () => [{ type: attribute.requestedTransport, value: UDP }],
      };
      // The first try is refused, with the realm and the nonce that the second one needs (RFC 8489 §9.2.3).
      const challenge = await link.ask(allocate);
      const refused = errorOf(challenge);
      const realm = valueOf(challenge, attribute.realm);
      const nonce = valueOf(challenge, attribute.nonce);
      if (refused?.code !== 401 || realm === undefined || nonce === undefined)
        throw new TurnRefusal(refused?.code ?? 0, refused?.reason ?? 'it asks nobody for a login');
      const probe = new TurnProbe(link, login, realm, nonce);
      const allocated = await probe.#ask(allocate);
      const relayed = valueOf(allocated, attribute.xorRelayedAddress);
      probe.relayed = relayed === undefined ? undefined : readXorAddress(relayed, allocated.transaction);
      return probe;
    } catch (error) {
      link.close();
      throw error;
    }
  }

  /** Relays a request to `peer` and waits for what it answers. Errors: TurnRefusal, UNAVAILABLE, DEADLINE_EXCEEDED. */
  async relay(peer: StunAddress, request: StunMessage, key: Uint8Array): Promise<StunMessage> {
    const to = (transaction: Uint8Array) => ({
      type: attribute.xorPeerAddress,
      value: xorAddress(peer, transaction),
    });
    await this.#ask({ method: method.createPermission, attributes: (transaction) => [to(transaction)] });
    const { transaction } = request;
    const data = { type: attribute.data, value: writeStun(request, key) };
    const { promise, resolve, reject } = Promise.withResolvers<StunMessage>();
    this.#relaying.set(idOf(request), resolve);
    const timers = REPEAT_MS.map((ms) =>
      setTimeout(
        () => this.#link.tell({ method: method.send, transaction, attributes: [to(transaction), data] }),
        ms,
      ),
    );
    const late = new AppError('DEADLINE_EXCEEDED', `no answer within ${ANSWER_MS / 1_000} s`);
    timers.push(setTimeout(() => reject(late), ANSWER_MS));
    try {
      return await promise;
    } finally {
      timers.forEach(clearTimeout);
      this.#relaying.delete(idOf(request));
    }
  }

  /** Gives the address back. Never throws. */
  async close(): Promise<void> {
    try {
      const lifetime = { type: attribute.lifetime, value: u32(0) };
      await this.#ask({ method: method.refresh, attributes: () => [lifetime] });
    } catch {
      // The server takes it back when its ten minutes are over.
    } finally {
      this.#link.close();
    }
  }

  /** A request with the long-term credential (RFC 8489 §9.2). Errors: TurnRefusal, UNAVAILABLE, DEADLINE_EXCEEDED. */
  async #ask(request: StunRequest): Promise<StunMessage> {
    const { username, credential } = this.#login;
    const key = createHash('md5').update(`${username}:${this.#realm.toString()}:${credential}`).digest();
    for (let again = false; ; again = true) {
      const nonce = this.#nonce;
      const answer = await this.#link.ask(
        {
          method: request.method,
          attributes: (transaction) => [
            ...request.attributes(transaction),
            { type: attribute.username, value: Buffer.from(username) },
            { type: attribute.realm, value: this.#realm },
            { type: attribute.nonce, value: nonce },
          ],
        },
        key,
      );
      if (answer.kind === 'success') return answer;
      const error = errorOf(answer);
      // A nonce that is too old comes with the next one (§9.2.5).
      if (error?.code !== 438 || again) throw new TurnRefusal(error?.code ?? 0, error?.reason ?? '');
      this.#nonce = valueOf(answer, attribute.nonce) ?? nonce;
    }
  }
}

function idOf({ transaction }: StunMessage): string {
  return Buffer.from(transaction).toString('hex');
}
