/** The browser of this host; `./ancloud test` and `bench` say which one they have found (ANCLOUD_CHROMIUM). */
export const chromiumProgram = process.env['ANCLOUD_CHROMIUM'] ?? '/usr/bin/chromium';
