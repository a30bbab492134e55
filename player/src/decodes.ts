import type { types } from 'mediasoup-client';
import { UnsupportedError } from './end-of.js';

/** Whether whoever has these capabilities decodes what phones send: H.264 in packets of packetization-mode 1 (RFC 6184, section 6.3). */
export function decodesPicture({ codecs = [] }: Pick<types.RtpCapabilities, 'codecs'>): boolean {
  return codecs.some(
    ({ mimeType, parameters }) =>
      mimeType.toLowerCase() === 'video/h264' && Number(parameters?.['packetization-mode']) === 1,
  );
}

/**
 * For whom the farm has nothing to show, which it would say in its own words only. Firefox has no H.264 of its own for WebRTC: it
 * fetches Cisco's some minutes after its first start, and until then is a browser without.
 *
 * @param browser mediasoup-client's name of it. Throws UnsupportedError.
 */
export function mustDecodePicture(capabilities: types.RtpCapabilities, browser: string): void {
  if (decodesPicture(capabilities)) return;
  throw new UnsupportedError(
    browser.startsWith('Firefox')
      ? 'it has no H.264 yet. Firefox loads that some minutes after its first start: about:addons shows it under Plugins'
      : 'it has no H.264',
  );
}
