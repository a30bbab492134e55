import { ensureFolder, inData, readFileIn, replaceFileIn } from './phone-data.js';

const SYSTEM = 1000;
const SHELL = 2000;
const MISC = 9998;
const KEYS_MAX = 64 * 1024;

/**
 * Puts session-svc's public key where adbd looks at each authentication: data/misc/adb/adb_keys, 1000:2000, 0640. Keys that
 * stand there stay. `shift`: first host id of the phone's user namespace, 0 without. Errors of the file system as they are.
 */
export function placeAdbKey(data: string, key: string, shift: number): void {
  inData(data, (root) => {
    ensureFolder(root, '', 'misc', { uid: shift + SYSTEM, gid: shift + MISC, mode: 0o1771 });
    ensureFolder(root, 'misc', 'adb', { uid: shift + SYSTEM, gid: shift + SHELL, mode: 0o2750 });
    const present = readFileIn(root, 'misc/adb/adb_keys', KEYS_MAX)?.toString('latin1') ?? '';
    const line = key.trim();
    if (present.split('\n').includes(line)) return;
    const text = `${present === '' || present.endsWith('\n') ? present : `${present}\n`}${line}\n`;
    const owner = { uid: shift + SYSTEM, gid: shift + SHELL, mode: 0o640 };
    replaceFileIn(root, 'misc/adb', 'adb_keys', text, owner);
  });
}
