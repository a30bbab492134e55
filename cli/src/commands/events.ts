import { AppError } from '@ancloud/kit/errors';
import { GatewayClient, type OperationView, type PhoneView } from '../farm/client.js';
import type { Layout } from '../layout.js';
import { exitCodes, type Output } from '../output.js';
import { spoken } from './operation.js';

/** Of a stream of server-sent events: what has a name. */
interface Told {
  readonly event: string;
  readonly data: unknown;
}

/**
 * `./ancloud events`: a line for each phone there is, then one for each change, for as long as the gateway tells them. Errors: UNAVAILABLE when it
 * no longer does; whoever asks again is told all that is.
 */
export async function events(layout: Layout, output: Output): Promise<void> {
  const client = new GatewayClient(layout);
  process.stdout.on('error', endWithReader);
  const { body } = await client.request('GET', '/v1/events', { timeoutMs: Infinity });
  let cause: unknown;
  try {
    if (body !== null)
      for await (const told of eventsOf(body.pipeThrough(new TextDecoderStream())))
        output.line(told, lineOf(told));
  } catch (error) {
    cause = error;
  }
  throw new AppError('UNAVAILABLE', `the gateway at ${client.base} tells no more`, {
    field: 'ANCLOUD_URL',
    value: client.base,
    fix: 'ask again: what was missed is told with the rest',
    cause,
  });
}

/** Whoever reads along, as `head` does, has read enough: there is no other end. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(exitCodes.ok);
}

/** As https://html.spec.whatwg.org/multipage/server-sent-events.html has them, as far as the gateway writes it: one line of data each. */
export async function* eventsOf(text: AsyncIterable<string>): AsyncGenerator<Told> {
  let rest = '';
  for await (const piece of text) {
    const blocks = (rest + piece).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = /^event: (.*)$/m.exec(block)?.[1];
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (event !== undefined && data !== undefined) yield { event, data: JSON.parse(data) as unknown };
    }
  }
}

/** Empty for what says nothing to people. */
function lineOf({ event, data }: Told): string {
  switch (event) {
    case 'phone': {
      const { phoneId, name, phase, reason } = data as PhoneView;
      const called = name === phoneId ? '' : ` (${name})`;
      return `${phoneId}${called}: ${phase}${reason === '' ? '' : `, ${reason}`}`;
    }
    case 'phoneRemoved':
      return `${(data as { phoneId: string }).phoneId}: removed`;
    case 'operation':
      return spoken(data as OperationView);
    default:
      return '';
  }
}
