import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { KeyboardLock } from './keyboard-lock.js';

let said: string[];
let host: EventTarget;
let full: EventTarget | null;
let lock: KeyboardLock;

beforeEach(() => {
  said = [];
  full = null;
  host = new EventTarget();
  const keyboard = {
    lock: () => {
      said.push('lock');
      return Promise.reject(new Error('the page has no TLS'));
    },
    unlock: () => void said.push('unlock'),
  };
  vi.stubGlobal('navigator', { keyboard });
  vi.stubGlobal('document', {
    get fullscreenElement() {
      return full;
    },
  });
  lock = new KeyboardLock(host as HTMLElement);
});
afterEach(() => void vi.unstubAllGlobals());

function fills(element: EventTarget | null): void {
  full = element;
  host.dispatchEvent(new Event('fullscreenchange'));
}

it('has all keys while they are wanted and the phone fills the screen', () => {
  lock.want(true);
  fills(host);
  fills(host);
  fills(null);
  expect(said).toEqual(['lock', 'unlock']);
});

it('gives them back when they are wanted no more, and takes none for what else fills the screen', () => {
  fills(host);
  lock.want(true);
  lock.want(false);
  lock.want(true);
  fills(new EventTarget());
  expect(said).toEqual(['lock', 'unlock', 'lock', 'unlock']);
});

it('does without where the browser has none', () => {
  vi.stubGlobal('navigator', {});
  lock.want(true);
  fills(host);
  fills(null);
  expect(said).toEqual([]);
});
