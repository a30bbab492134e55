/** The browser of this host; `./ancloud test` says which one it has found. */
export const CHROMIUM = process.env['ANCLOUD_CHROMIUM'] ?? '/usr/bin/chromium';
