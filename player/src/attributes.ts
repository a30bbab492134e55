import type { Quality } from '@ancloud/contracts/viewer';
import type { KeyMode } from './keyboard-input.js';
import type { Sync } from './lips.js';

// What the words of `<ancloud-phone>`'s attributes mean; any other is the default.

const QUALITIES: Readonly<Record<string, Quality>> = { high: 'main', low: 'low' };

export function qualityOf(word: string | null): Quality {
  return QUALITIES[word ?? ''] ?? 'auto';
}

export function syncOf(word: string | null): Sync {
  return word === 'av' || word === 'picture' ? word : 'near';
}

export function keysOf(word: string | null): KeyMode {
  return word === 'physical' ? word : 'text';
}
