import type {
  CreateUploadRequest,
  Upload,
  WriteUploadRequest,
} from '@ancloud/contracts/container/v1/container';
import { AppError } from '@ancloud/kit';
import type { ServerReadableStream } from '@grpc/grpc-js';
import { UPLOAD_MAX_BYTES, type UploadStore } from '../io/upload-store.js';

/** Checks what is to be uploaded, and begins. */
export function createUpload(
  store: UploadStore,
  { name, size, sha256 }: CreateUploadRequest,
): Promise<Upload> {
  const wrong = (field: string, value: string, fix: string): AppError =>
    new AppError('INVALID_ARGUMENT', `beginning an upload: ${field} is not acceptable`, {
      field,
      value,
      fix,
    });
  if (name === '' || name.length > 128 || name.includes('/') || name.includes('\0'))
    throw wrong('name', name, 'give the name of the file, 1-128 characters without a slash');
  if (!Number.isSafeInteger(size) || size < 1 || size > UPLOAD_MAX_BYTES)
    throw wrong('size', String(size), `give its bytes, 1-${UPLOAD_MAX_BYTES}`);
  if (sha256 !== '' && !/^[0-9a-f]{64}$/.test(sha256))
    throw wrong('sha256', sha256, 'give 64 hex digits, or nothing');
  return store.create({ name, size, sha256 });
}

/** Writes a call's bytes as they come; HTTP/2 holds back a caller that is faster than the disk. */
export async function writeUpload(
  store: UploadStore,
  call: ServerReadableStream<WriteUploadRequest, Upload>,
): Promise<Upload> {
  const gone = new AbortController();
  call.on('cancelled', () =>
    gone.abort(new AppError('CANCELLED', 'writing an upload: the caller went away')),
  );
  const messages: AsyncIterator<WriteUploadRequest> = call[Symbol.asyncIterator]();
  const first = await messages.next();
  const start =
    first.done === true || first.value.input?.$case !== 'start' ? undefined : first.value.input.value;
  if (start === undefined)
    throw new AppError('INVALID_ARGUMENT', 'writing an upload: the first message must be start', {
      field: 'start',
    });
  return store.append(start.uploadId, start.offset, dataOf(messages), gone.signal);
}

async function* dataOf(messages: AsyncIterator<WriteUploadRequest>): AsyncGenerator<Uint8Array> {
  for (let next = await messages.next(); next.done !== true; next = await messages.next()) {
    const { input } = next.value;
    if (input?.$case !== 'data')
      throw new AppError('INVALID_ARGUMENT', 'writing an upload: after start, messages must hold data', {
        field: 'data',
      });
    yield input.value;
  }
}
