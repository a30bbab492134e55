import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError, isAppError } from '@ancloud/kit/errors';
import type { GatewayClient } from '../farm/client.js';
import type { Output } from '../output.js';

interface UploadView {
  readonly uploadId: string;
  readonly hostId: string;
  readonly name: string;
  readonly size: number;
  readonly offset: number;
  readonly sha256: string;
}

/** Bytes of one PATCH: how often progress is told, and what is sent again at most. */
const PIECE = 16 * 1024 * 1024;
const PIECE_MS = 600_000;
/** Tries without a byte of progress, with pauses of 1, 2, 4 … s between them: a service that was killed is back by then. */
const TRIES = 6;
const NAME_MAX = 128;

export const mib = (bytes: number): string => `${(bytes / (1 << 20)).toFixed(1)} MiB`;

/**
 * Sends a file of this machine to a host; answers the upload's id. What an earlier run sent of the same bytes is not sent
 * again, and a connection that breaks goes on where the host's bytes end. Errors: INVALID_ARGUMENT for a file that cannot be
 * read, IMAGE_INVALID for one that has another sha256 than `wanted.sha256`, before anything is sent; those of the API.
 */
export async function uploadFile(
  client: GatewayClient,
  file: string,
  wanted: { readonly hostId?: string | undefined; readonly sha256?: string },
  output: Output,
): Promise<string> {
  const { hostId } = wanted;
  const blob = await openBlob(file);
  const name = path.basename(file).slice(0, NAME_MAX);
  output.step(`hashing ${name}: ${mib(blob.size)}`);
  const sha256 = await sha256Of(file);
  if (wanted.sha256 !== undefined && wanted.sha256 !== sha256)
    throw new AppError(
      'IMAGE_INVALID',
      `${file}: its sha256 is ${sha256}, not ${wanted.sha256} as was said`,
      {
        field: '--sha256',
        value: wanted.sha256,
        fix: 'get the file again',
      },
    );
  const { uploads } = await client.get<{ uploads: UploadView[] }>('/v1/uploads');
  const earlier = uploads.find(
    (one) =>
      one.sha256 === sha256 &&
      one.name === name &&
      one.size === blob.size &&
      (hostId ?? one.hostId) === one.hostId,
  );
  const { uploadId } =
    earlier ??
    (await client.post<UploadView>('/v1/uploads', {
      name,
      size: blob.size,
      sha256,
      ...(hostId === undefined ? {} : { hostId }),
    }));
  let offset = earlier?.offset ?? 0;
  for (let tries = 0; ;) {
    output.step(`uploading ${name}: ${mib(offset)} of ${mib(blob.size)}`);
    if (offset === blob.size) return uploadId;
    try {
      const response = await client.request('PATCH', `/v1/uploads/${uploadId}`, {
        body: blob.slice(offset, offset + PIECE),
        mediaType: 'application/offset+octet-stream',
        headers: { 'upload-offset': String(offset) },
        timeoutMs: PIECE_MS,
      });
      ({ offset } = (await response.json()) as UploadView);
      tries = 0;
    } catch (error) {
      offset = await standing(client, uploadId, error, (tries += 1), output);
    }
  }
}

/** Where the host stands after a piece broke off. Errors: `error`, when it is not one that passes. */
async function standing(
  client: GatewayClient,
  uploadId: string,
  error: unknown,
  tries: number,
  output: Output,
): Promise<number> {
  for (let tried = tries; ; tried += 1) {
    if (!passes(error) || tried >= TRIES) throw error;
    output.step(`the upload broke off (${error.message}); going on`);
    await delay(1_000 * 2 ** (tried - 1));
    try {
      return (await client.get<UploadView>(`/v1/uploads/${uploadId}`)).offset;
    } catch (again) {
      if (!passes(again)) throw again;
    }
  }
}

/** UPLOAD_CONFLICT: the bytes of a piece arrived, and its answer did not. */
function passes(error: unknown): error is AppError {
  return (
    isAppError(error, 'UNAVAILABLE') ||
    isAppError(error, 'UPLOAD_CONFLICT') ||
    isAppError(error, 'CANCELLED') ||
    isAppError(error, 'DEADLINE_EXCEEDED')
  );
}

async function openBlob(file: string): Promise<Blob> {
  const wrong = (message: string, fix: string, cause?: unknown): AppError =>
    new AppError('INVALID_ARGUMENT', `${file} ${message}`, { field: 'source', value: file, fix, cause });
  try {
    if (!fs.statSync(file).isFile()) throw wrong('is no file', 'pack a directory into a tar first');
    return await fs.openAsBlob(file);
  } catch (cause) {
    if (isAppError(cause)) throw cause;
    throw wrong(`cannot be read: ${(cause as Error).message}`, 'name a file that is on this machine', cause);
  }
}

async function sha256Of(file: string): Promise<string> {
  const hash = crypto.createHash('sha256');
  for await (const chunk of fs.createReadStream(file, { highWaterMark: 1 << 20 }))
    hash.update(chunk as Buffer);
  return hash.digest('hex');
}
