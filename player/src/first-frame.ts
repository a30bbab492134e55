import { later } from './later.js';

/**
 * Resolves when a track has a frame to show, without showing it. Rejects with the signal's reason. In a page that is hidden as well: its
 * video frame callbacks rest, its media do not.
 */
export async function firstFrame(track: MediaStreamTrack, signal: AbortSignal): Promise<void> {
  const video = document.createElement('video');
  video.muted = true;
  video.srcObject = new MediaStream([track]);
  const seen = later();
  const look = (): void => {
    // Chromium's black one of 2x2 stands for a track that has none yet (tracks.ts).
    if (video.videoWidth > 2) seen.resolve();
  };
  for (const change of ['loadeddata', 'resize']) video.addEventListener(change, look);
  signal.addEventListener('abort', () => seen.reject(signal.reason), { once: true });
  try {
    signal.throwIfAborted();
    video.play().catch(() => undefined);
    await seen.promise;
  } finally {
    video.srcObject = null;
  }
}
