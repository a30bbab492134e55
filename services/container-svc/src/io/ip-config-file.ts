import { ensureFolder, inData, readFileIn, removeFileIn, replaceFileIn } from './phone-data.js';

const SYSTEM = 1000;
const MISC = 9998;
/** Longer files are none of ours. */
const FILE_MAX = 4_096;
const FOLDER = 'misc/ethernet';
const NAME = 'ipconfig.txt';

/** How the file in the phone's data compares with `wanted`. */
export function observeIpConfig(data: string, wanted: Buffer): 'none' | 'other' | 'written' {
  const present = inData(data, (root) => readFileIn(root, `${FOLDER}/${NAME}`, FILE_MAX));
  if (present === undefined) return 'none';
  return present.equals(wanted) ? 'written' : 'other';
}

/** Folders and file as Android's system_server makes them, which goes on with them. `shift`: as in `placeAdbKey`. */
export function writeIpConfig(data: string, content: Buffer, shift: number): void {
  const system = { uid: shift + SYSTEM, gid: shift + SYSTEM };
  inData(data, (root) => {
    ensureFolder(root, '', 'misc', { uid: shift + SYSTEM, gid: shift + MISC, mode: 0o1771 });
    ensureFolder(root, 'misc', 'ethernet', { ...system, mode: 0o770 });
    replaceFileIn(root, FOLDER, NAME, content, { ...system, mode: 0o600 });
  });
}

export function removeIpConfig(data: string): void {
  inData(data, (root) => removeFileIn(root, FOLDER, NAME));
}
