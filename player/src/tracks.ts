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

/** Calls `shown` with the next frame of the phone. Chromium shows a black one of 2x2 for a track that plays before its first packet. */
export function onPicture(video: HTMLVideoElement, shown: (frame: VideoFrameCallbackMetadata) => void): void {
  video.requestVideoFrameCallback((_, frame) => {
    if (frame.width <= 2 && frame.height <= 2) onPicture(video, shown);
    else shown(frame);
  });
}
