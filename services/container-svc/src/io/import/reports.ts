import readline from 'node:readline';
import type { Readable } from 'node:stream';
import { AppError } from '@ancloud/kit';
import { type ReaderReport, readerReport } from '../../reader/report.js';

/** What a reader that came to its end has found. */
export type ReaderEnd = Extract<ReaderReport, { type: 'done' }>;

/** More of it is nonsense: progress comes five times a second. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Follows what a reader says until it ends. Answers how that was: done, refused with a reason (as the error to throw), or
 * undefined when it fell silent. Lines that are not in its language make it a refusal.
 */
export async function readReports(
  stream: Readable,
  onReport: (report: ReaderReport) => void,
): Promise<ReaderEnd | AppError | undefined> {
  let end: ReaderEnd | AppError | undefined;
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) stream.destroy();
  });
  const nonsense = new AppError('IMAGE_INVALID', 'the reader of the image said what makes no sense');
  try {
    for await (const line of readline.createInterface({ input: stream, crlfDelay: Infinity })) {
      const parsed = parse(line);
      if (parsed === undefined) return nonsense;
      onReport(parsed);
      if (parsed.type === 'done') end = parsed;
      else if (parsed.type === 'refused')
        return new AppError(parsed.code, parsed.message, parsed.fix === '' ? {} : { fix: parsed.fix });
    }
  } catch {
    // A pipe that breaks says as little as one that ends.
  }
  return bytes > MAX_BYTES ? nonsense : end;
}

function parse(line: string): ReaderReport | undefined {
  try {
    return readerReport.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
