import fs from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { AppError } from '@ancloud/kit/errors';
import { GatewayClient } from '../farm/client.js';
import type { Layout } from '../layout.js';
import { type Output, table } from '../output.js';

/** Gigabytes on a slow line. */
const TRANSFER_MS = 3_600_000;
/** A cold stream, and the first picture. */
const START_MS = 40_000;

interface RecordingView {
  readonly recordingId: string;
  readonly phoneId: string;
  readonly state: string;
  readonly reason: string;
  readonly startedAt: string | null;
  readonly size: number;
  readonly durationMs: number;
  readonly files: readonly { readonly index: number; readonly size: number; readonly complete: boolean }[];
}

/** `./ancloud phone record start PHONE` */
export async function recordStart(layout: Layout, phoneId: string, output: Output): Promise<void> {
  const response = await new GatewayClient(layout).request(
    'POST',
    `/v1/phones/${encodeURIComponent(phoneId)}/recordings`,
    { timeoutMs: START_MS },
  );
  const recording = (await response.json()) as RecordingView;
  output.result(recording, recording.recordingId);
}

/** `./ancloud phone record stop PHONE`. Errors: RECORDING_NOT_FOUND when it is not being recorded. */
export async function recordStop(layout: Layout, phoneId: string, output: Output): Promise<void> {
  const client = new GatewayClient(layout);
  const { recordings } = await list(client, phoneId);
  const running = recordings.find(({ state }) => state !== 'finished');
  if (running === undefined)
    throw new AppError('RECORDING_NOT_FOUND', `${phoneId} is not being recorded`, {
      field: 'phoneId',
      value: phoneId,
      fix: './ancloud recording ls lists the recordings there are',
    });
  const stopped = await client.post<RecordingView>(`${pathOf(running.recordingId)}/stop`, {});
  output.result(stopped, stopped.recordingId);
}

/** `./ancloud recording ls [--phone ID]` */
export async function recordingLs(
  layout: Layout,
  options: { readonly phone?: string },
  output: Output,
): Promise<void> {
  const { recordings } = await list(new GatewayClient(layout), options.phone ?? '');
  const rows = recordings.map((one) => [
    one.recordingId,
    one.phoneId,
    one.state,
    one.startedAt ?? '',
    `${(one.durationMs / 1_000).toFixed(1)} s`,
    `${(one.size / (1 << 20)).toFixed(1)} MiB`,
    String(one.files.length),
    one.reason,
  ]);
  output.result(
    recordings,
    table(['RECORDING', 'PHONE', 'STATE', 'STARTED', 'LENGTH', 'SIZE', 'FILES', 'WHY'], rows),
  );
}

/** `./ancloud recording get ID [FOLDER]`: each file whole or not at all. Errors: INVALID_ARGUMENT for a file that is there. */
export async function recordingGet(
  layout: Layout,
  recordingId: string,
  folder: string,
  output: Output,
): Promise<void> {
  const client = new GatewayClient(layout);
  const { files } = await client.get<RecordingView>(pathOf(recordingId));
  const written: string[] = [];
  for (const { index } of files) {
    const file = path.join(folder, `${recordingId}-${index}.mp4`);
    if (fs.existsSync(file))
      throw new AppError('INVALID_ARGUMENT', `${file} is there already`, {
        field: 'folder',
        value: folder,
        fix: 'name another folder',
      });
    const response = await client.request('GET', `${pathOf(recordingId)}/files/${index}`, {
      timeoutMs: TRANSFER_MS,
    });
    const part = `${file}.part`;
    try {
      const body = Readable.fromWeb(response.body as NodeReadableStream);
      await pipeline(body, fs.createWriteStream(part, { flags: 'wx', mode: 0o600 }));
      fs.renameSync(part, file);
    } finally {
      fs.rmSync(part, { force: true });
    }
    written.push(file);
  }
  output.result({ recordingId, files: written }, written.join('\n'));
}

/** `./ancloud recording rm ID` */
export async function recordingRm(layout: Layout, recordingId: string, output: Output): Promise<void> {
  await new GatewayClient(layout).request('DELETE', pathOf(recordingId));
  output.result({ recordingId }, `${recordingId}: removed`);
}

function list(client: GatewayClient, phoneId: string): Promise<{ readonly recordings: RecordingView[] }> {
  return client.get(`/v1/recordings?phoneId=${encodeURIComponent(phoneId)}`);
}

const pathOf = (recordingId: string): string => `/v1/recordings/${encodeURIComponent(recordingId)}`;
