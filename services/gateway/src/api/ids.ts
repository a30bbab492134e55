import crypto from 'node:crypto';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';
/** 20 characters of 36: 103 random bits. */
const LENGTH = 20;

/** A new id such as `ph_4k2…` (contracts `idPattern`): unguessable, so that an id in a log is no key to anything. */
export function newId(
  prefix: 'ph' | 'sn' | 'rc' | 'pu' | 'op' | 'vw' | 'gr' | 'mc' | 'mr' | 'tk' | 'cn' | 'fe' | 'ws',
): string {
  const characters = Array.from({ length: LENGTH }, () => ALPHABET[crypto.randomInt(ALPHABET.length)]);
  return `${prefix}_${characters.join('')}`;
}
