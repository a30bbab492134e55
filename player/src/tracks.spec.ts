import { describe, expect, it } from 'vitest';
import { onPicture, type ShownFrame } from './tracks.js';

class Video extends EventTarget {
  videoWidth = 0;
  videoHeight = 0;
}

/** One that tells of its frames. */
class Telling extends Video {
  #told: ((now: number, frame: ShownFrame) => void) | undefined;
  requestVideoFrameCallback(told: (now: number, frame: ShownFrame) => void): number {
    this.#told = told;
    return 1;
  }
  frame(width: number, height: number): void {
    const told = this.#told;
    this.#told = undefined;
    told?.(0, { width, height, receiveTime: 7 });
  }
}

const asked = (video: Video): ShownFrame[] => {
  const shown: ShownFrame[] = [];
  onPicture(video as unknown as HTMLVideoElement, (frame) => shown.push(frame));
  return shown;
};

describe('the next frame of the phone', () => {
  it('is told once, and Chromium’s black one is none', () => {
    const video = new Telling();
    const shown = asked(video);
    video.frame(2, 2);
    expect(shown).toEqual([]);
    video.frame(720, 1280);
    video.frame(720, 1280);
    expect(shown).toEqual([{ width: 720, height: 1280, receiveTime: 7 }]);
  });

  it('is there when a video that tells of none has a size and goes on', () => {
    const video = new Video();
    const shown = asked(video);
    video.dispatchEvent(new Event('timeupdate'));
    expect(shown).toEqual([]);
    Object.assign(video, { videoWidth: 720, videoHeight: 1280 });
    video.dispatchEvent(new Event('timeupdate'));
    video.dispatchEvent(new Event('timeupdate'));
    expect(shown).toEqual([{ width: 720, height: 1280 }]);
  });
});
