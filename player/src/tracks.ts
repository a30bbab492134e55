/** Puts a track into a video element in the place of the one of its kind, without disturbing the other. */
export function showTrack(video: HTMLVideoElement, track: MediaStreamTrack): void {
  const stream = streamOf(video);
  for (const old of stream.getTracks()) if (old.kind === track.kind) stream.removeTrack(old);
  stream.addTrack(track);
}

/** Made with the first track: a video with an empty stream would hold back the page's load event. */
function streamOf(video: HTMLVideoElement): MediaStream {
  if (video.srcObject instanceof MediaStream) return video.srcObject;
  const stream = new MediaStream();
  video.srcObject = stream;
  return stream;
}

/** Whether a browser tells of each frame (Chromium 83, Safari 15.4, Firefox 132). */
export function tellsFrames(video: object): boolean {
  return 'requestVideoFrameCallback' in video;
}

export type ShownFrame = Pick<VideoFrameCallbackMetadata, 'width' | 'height' | 'receiveTime'>;

/**
 * Calls `shown` with the next frame of the phone. Chromium shows a black one of 2x2 for a track that plays before its first packet. Where
 * frames are not told of, once there is a picture at all.
 */
export function onPicture(video: HTMLVideoElement, shown: (frame: ShownFrame) => void): void {
  if (!tellsFrames(video)) return onTime(video, shown);
  video.requestVideoFrameCallback((_, frame) => {
    if (frame.width <= 2 && frame.height <= 2) onPicture(video, shown);
    else shown(frame);
  });
}

/** A video whose time goes on has something to show as soon as it has a size. */
function onTime(video: HTMLVideoElement, shown: (frame: ShownFrame) => void): void {
  const look = (): void => {
    const { videoWidth: width, videoHeight: height } = video;
    if (width <= 2 && height <= 2) return;
    video.removeEventListener('timeupdate', look);
    shown({ width, height });
  };
  video.addEventListener('timeupdate', look);
}
