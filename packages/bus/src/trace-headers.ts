import type { Subject } from '@ancloud/contracts';
import { childTraceparent, parseTraceparent, TRACEPARENT, withLogContext } from '@ancloud/kit';
import { headers as newHeaders, type Msg, type MsgHdrs } from '@nats-io/transport-node';

const FACT = 'ancloud.fact.';

/** Facts carry a trace; hot subjects carry no headers at all. */
export function carriesTrace(subject: Subject<unknown>): boolean {
  return subject.template.startsWith(FACT);
}

/** Headers that make the receiver's log lines part of the sender's trace. */
export function traceHeaders(): MsgHdrs {
  const headers = newHeaders();
  headers.set(TRACEPARENT, childTraceparent());
  return headers;
}

/** Runs `fn` in the log context of the message's trace, if it carries one. */
export function inTraceOf<T>(msg: Msg, fn: () => T): T {
  const traceparent = parseTraceparent(msg.headers?.get(TRACEPARENT));
  return traceparent === undefined ? fn() : withLogContext({ traceparent }, fn);
}
