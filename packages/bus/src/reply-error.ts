import { isErrorCode } from '@ancloud/contracts';
import { AppError } from '@ancloud/kit';
import { headers as newHeaders, type Msg } from '@nats-io/transport-node';

const CODE = 'ancloud-error';
/** URI-encoded: NATS headers are single lines. */
const TEXT = 'ancloud-error-text';

/** Answers a request with an error: an empty payload and the code and sentence in headers. */
export function respondError(msg: Msg, error: AppError): void {
  const headers = newHeaders();
  headers.set(CODE, error.code);
  headers.set(TEXT, encodeURIComponent(error.message.toWellFormed().slice(0, 500)));
  msg.respond(new Uint8Array(0), { headers });
}

/** The error a reply carries; undefined for a good reply. */
export function readError(msg: Msg): AppError | undefined {
  const code = msg.headers?.get(CODE) ?? '';
  if (code === '') return undefined;
  const text = decodeText(msg.headers?.get(TEXT) ?? '');
  return new AppError(isErrorCode(code) ? code : 'INTERNAL', text === '' ? `${msg.subject}: refused` : text);
}

function decodeText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
