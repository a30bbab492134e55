import type { ClientDuplexStream } from '@grpc/grpc-js';
import type { SignalFrame } from '@ancloud/contracts/media/v1/media';
import { eventually, NotYet } from '../harness/eventually.js';

interface Answer {
  readonly ok?: Record<string, unknown>;
  readonly error?: { readonly code: string; readonly message: string };
}

/** Requests of a viewer that has joined, each with its answer. Ends with its call. */
export class SignalAsker {
  readonly #call: ClientDuplexStream<SignalFrame, SignalFrame>;
  readonly #answers = new Map<number, Answer>();
  /** The join was the first. */
  #asked = 1;

  constructor(call: ClientDuplexStream<SignalFrame, SignalFrame>) {
    this.#call = call;
    call.on('data', ({ frame }) => {
      if (frame?.$case !== 'json') return;
      const said = JSON.parse(frame.value) as Answer & { readonly id?: number };
      if (said.id !== undefined) this.#answers.set(said.id, said);
    });
  }

  async answer(method: string, data: object): Promise<Answer> {
    const id = (this.#asked += 1);
    this.#call.write({ frame: { $case: 'json', value: JSON.stringify({ id, method, data }) } });
    return eventually(() => {
      const answer = this.#answers.get(id);
      if (answer === undefined) throw new NotYet(`no answer to ${method}`);
      return answer;
    });
  }

  /** Throws with the error that it is answered. */
  async ask(method: string, data: object): Promise<Record<string, unknown>> {
    const { ok, error } = await this.answer(method, data);
    if (ok === undefined) throw new Error(`${method}: ${JSON.stringify(error)}`);
    return ok;
  }

  /** The code with which it is refused. */
  async refusal(method: string, data: object): Promise<string | undefined> {
    return (await this.answer(method, data)).error?.code;
  }
}
