/**
 * From `dumpsys input_method`: whether an input method's window is on the screen, as InputMethodManagerService prints it, until Android 13
 * among others of one line (`mShowRequested=… mInputShown=true`), later on a line of ImeVisibilityStateComputer's. Undefined when it is not there.
 */
export function inputShown(dump: string): boolean | undefined {
  // The service's own comes before what it asks of the input method, which may print anything.
  const said = /\bmInputShown=(true|false)\b/.exec(dump)?.[1];
  return said === undefined ? undefined : said === 'true';
}
