import crypto from 'node:crypto';
import { logContext } from './log.js';

/** Name of the header in HTTP, gRPC metadata and NATS (https://www.w3.org/TR/trace-context/). */
export const TRACEPARENT = 'traceparent';

const PATTERN = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** `text` when it is a valid traceparent of version 00 with non-zero ids, else undefined. */
export function parseTraceparent(text: string | undefined): string | undefined {
  if (text === undefined || !PATTERN.test(text)) return undefined;
  return text.startsWith(`00-${'0'.repeat(32)}`) || text.slice(36, 52) === '0'.repeat(16) ? undefined : text;
}

/** A new trace: `00-<16 random bytes>-<8 random bytes>-01`. */
export function newTraceparent(): string {
  return `00-${crypto.randomBytes(16).toString('hex')}-${crypto.randomBytes(8).toString('hex')}-01`;
}

/** The traceparent to send with a call: the current trace with a new parent id, or a new trace outside of any. */
export function childTraceparent(): string {
  const current = logContext().traceparent;
  if (current === undefined) return newTraceparent();
  return `${current.slice(0, 36)}${crypto.randomBytes(8).toString('hex')}${current.slice(52)}`;
}
