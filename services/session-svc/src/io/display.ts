import type { Size } from '@ancloud/kit';
import { parseCurrentSize, parseWmSize } from '../core/geometry.js';
import type { PhoneLink } from './phone-link.js';

const ASK_MS = 5_000;
/** Nobody waits for longer, and a phone that hangs keeps others from being read. */
const PRESENT_MS = 1_000;
const WINDOWS = 'dumpsys window displays';

export interface Display {
  /** In the phone's natural rotation. */
  readonly natural: Size;
  /** In its present one. */
  readonly present: Size;
}

/** The phone's display as its window manager tells it; undefined when it does not say. Never rejects but for the signal. */
export async function readDisplay(link: PhoneLink, signal: AbortSignal): Promise<Display | undefined> {
  const [size, windows] = await Promise.all([ask(link, 'wm size', signal), ask(link, WINDOWS, signal)]);
  const natural = parseWmSize(size) ?? parseCurrentSize(windows);
  return natural && { natural, present: parseCurrentSize(windows) ?? natural };
}

/** Its present size alone: one command. As `readDisplay`. */
export async function readPresent(link: PhoneLink, signal: AbortSignal): Promise<Size | undefined> {
  return parseCurrentSize(await ask(link, WINDOWS, signal, PRESENT_MS));
}

async function ask(
  link: PhoneLink,
  command: string,
  signal: AbortSignal,
  timeoutMs = ASK_MS,
): Promise<string> {
  try {
    return (await link.runShell(command, { timeoutMs, signal })).stdout.toString('utf8');
  } catch {
    signal.throwIfAborted();
    return '';
  }
}
