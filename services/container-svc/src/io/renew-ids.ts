import crypto from 'node:crypto';
import { renewAndroidId } from '../core/android-id.js';
import { inData, namesIn, removeFileIn, updateFileIn } from './phone-data.js';

const USERS = 'system/users';
/** Secure settings of a user are some 100 kB. */
const SETTINGS_MAX = 16 * 1024 * 1024;

/**
 * Makes a clone another device than its origin, as far as Android itself tells devices apart by files: each user's android_id
 * (settings_secure.xml), the key from which every app's own is derived (settings_ssaid.xml: a missing one is made anew), and the
 * keys that adbd trusts. Its MAC follows from its place on the host. May be done twice. What apps have made up and stored is
 * theirs, and stays.
 */
export function renewIds(data: string): void {
  const digits = (count: number): string => crypto.randomBytes(count).toString('hex').slice(0, count);
  inData(data, (root) => {
    for (const name of ['adb_keys', 'adb_temp_keys.xml']) removeFileIn(root, 'misc/adb', name);
    for (const user of namesIn(root, USERS).filter((name) => /^\d{1,9}$/.test(name)))
      // Android writes settings beside a copy from which it recovers (frameworks/base SettingsState.java, .fallback).
      for (const suffix of ['', '.fallback']) {
        const folder = `${USERS}/${user}`;
        removeFileIn(root, folder, `settings_ssaid.xml${suffix}`);
        updateFileIn(root, folder, `settings_secure.xml${suffix}`, SETTINGS_MAX, (bytes) =>
          renewAndroidId(bytes, digits),
        );
      }
  });
}
