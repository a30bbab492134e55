import { sameShape, type Size } from '@ancloud/kit/shape';
import { type Geometry, screenFor } from './geometry.js';

/** What one phone has told of its picture's and its display's size. */
export class PhoneSizes {
  /** The display, in whatever rotation it was told. */
  #display: Size | undefined;
  #video: Size | undefined;

  /** Of the picture's newest size; the display's own while no picture has come. */
  get video(): Size | undefined {
    return this.#video;
  }

  /** Undefined until a picture, or the display as it is now, was told of. */
  get geometry(): Geometry | undefined {
    if (this.#video === undefined || this.#display === undefined) return undefined;
    return { video: this.#video, screen: screenFor(this.#display, this.#video) };
  }

  /** The display's own size, whichever way it is turned now. */
  display(size: Size): void {
    this.#display = size;
  }

  /** Pictures have this size from now on. @returns false when it is the same. */
  pictured(video: Size): boolean {
    const before = this.#video;
    this.#display ??= video;
    this.#video = video;
    return before?.width !== video.width || before.height !== video.height;
  }

  /** As `pictured`, by a picture whose shape counts and whose size does not. */
  turned(picture: Size): boolean {
    return this.#video !== undefined && this.pictured(screenFor(this.#video, picture));
  }

  /** The display as it is now, of a phone that sends no pictures: the next ones will be as large as the last, unless their shape is new. */
  displayed(present: Size): boolean {
    this.#display = present;
    const last = this.#video && screenFor(this.#video, present);
    return this.pictured(last !== undefined && sameShape(last, present) ? last : present);
  }
}
