/** Longest path adbd takes (adb/file_sync_protocol.h: SYNC_DATA… MAX_PATH of daemon/file_sync_service.cpp), bytes. */
export const PATH_MAX_BYTES = 1_024;

/** What is wrong with a path inside the phone; undefined when it is fine. */
export function pathMistake(path: string): string | undefined {
  if (path === '') return 'is empty';
  if (!path.startsWith('/')) return 'is not absolute';
  if (path.endsWith('/')) return 'names a directory';
  // Control characters have no place in a name, and a NUL would cut the path short in adbd.
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(path)) return 'has a control character';
  if (path.split('/').some((part) => part === '..' || part === '.')) return "has a '.' or '..' part";
  if (new TextEncoder().encode(path).length > PATH_MAX_BYTES) return `has more than ${PATH_MAX_BYTES} bytes`;
  return undefined;
}
