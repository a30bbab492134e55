import type { viewer } from '@ancloud/contracts';

/** The first frame of a shell's WebSocket. */
export interface ShellOpen {
  readonly id: number;
  /** API key; undefined when the console's cookie came with the upgrade. */
  readonly key: string | undefined;
  /** Empty = an interactive shell. */
  readonly command: string;
  readonly rows: number;
  readonly columns: number;
}

const COMMAND_MAX = 65_536;
/** Largest side of a terminal that is believed. */
const SIDE_MAX = 10_000;

/** Bytes of standard input in one frame at most. */
export const stdinMax = 65_536;

/** The first byte of an output frame. */
export const outputStream = { stdout: 1, stderr: 2 } as const;

/** Reads `open`; else what is wrong. */
export function readOpen(
  frame: viewer.Frame | null,
): ShellOpen | { readonly problem: string; readonly id?: number } {
  if (frame === null || !('method' in frame) || frame.method !== 'open')
    return { problem: "the first message must be 'open'" };
  const { id } = frame;
  const data = (frame.data ?? {}) as Record<string, unknown>;
  if (typeof data !== 'object' || Array.isArray(data)) return { id, problem: "'open' has no data" };
  const { key, command = '', rows = 24, columns = 80 } = data;
  if (key !== undefined && typeof key !== 'string') return { id, problem: "'key' is not a text" };
  if (typeof command !== 'string' || command.length > COMMAND_MAX)
    return { id, problem: `'command' is not a text of at most ${COMMAND_MAX} characters` };
  if (!isSide(rows) || !isSide(columns)) return { id, problem: "'rows' and 'columns' must be 1-10000" };
  return { id, key, command, rows, columns };
}

export type ShellNotice =
  | { readonly kind: 'resize'; readonly rows: number; readonly columns: number }
  | { readonly kind: 'stdinClosed' };

/** A later text frame; undefined when it is none of ours. */
export function readShellNotice(frame: viewer.Frame | null): ShellNotice | undefined {
  if (frame === null || !('notify' in frame)) return undefined;
  if (frame.notify === 'stdinClosed') return { kind: 'stdinClosed' };
  if (frame.notify !== 'resize') return undefined;
  const { rows, columns } = (frame.data ?? {}) as Record<string, unknown>;
  return isSide(rows) && isSide(columns) ? { kind: 'resize', rows, columns } : undefined;
}

function isSide(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= SIDE_MAX;
}
