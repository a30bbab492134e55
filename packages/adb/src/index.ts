/**
 * What @yume-chan/adb lacks for Node: a TCP connection to a phone's adbd, a key store on disk, Node streams, shell
 * commands and files with deadlines and limits, and errors with codes.
 */
export { androidPublicKey, publicKeyFingerprint, publicKeyLine } from './public-key.js';
export { closeAdb, connectAdb } from './connect.js';
export type { ConnectAdbOptions } from './connect.js';
export type { Limits } from './deadline.js';
export { AdbError } from './errors.js';
export type { AdbErrorCode } from './errors.js';
export { pullFile, pushFile } from './files.js';
export type { PullFileOptions, PushFileOptions } from './files.js';
export { openKeyStore } from './key-store.js';
export type { AdbKeyStore, KeyStoreOptions } from './key-store.js';
export { adoptReading } from './reading.js';
export { sendNow } from './send-now.js';
export { runShell, shellQuote, startShell } from './shell.js';
export type { RunShellOptions, ShellProcess, ShellResult, StartShellOptions } from './shell.js';
export { openLocalAbstract, openStream } from './stream.js';
export type { AdbStream, OpenStreamOptions } from './stream.js';
export type { Adb, AdbBanner, AdbCredentialStore } from '@yume-chan/adb';
