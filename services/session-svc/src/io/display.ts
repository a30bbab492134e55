import type { Size } from '@ancloud/kit';
import { parseCurrentSize, parseWmSize } from '../core/geometry.js';
import type { PhoneLink } from './phone-link.js';

const ASK_MS = 5_000;

export interface Display {
  /** In the phone's natural rotation. */
  readonly natural: Size;
  /** In its present one. */
  readonly present: Size;
}

/** The phone's display as its window manager tells it; undefined when it does not say. Never rejects but for the signal. */
export async function readDisplay(link: PhoneLink, signal: AbortSignal): Promise<Display | undefined> {
  const ask = async (command: string): Promise<string> => {
    try {
      return (await link.runShell(command, { timeoutMs: ASK_MS, signal })).stdout.toString('utf8');
    } catch {
      signal.throwIfAborted();
      return '';
    }
  };
  const [size, windows] = await Promise.all([ask('wm size'), ask('dumpsys window displays')]);
  const natural = parseWmSize(size) ?? parseCurrentSize(windows);
  return natural && { natural, present: parseCurrentSize(windows) ?? natural };
}
