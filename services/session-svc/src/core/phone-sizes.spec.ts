import { describe, expect, it } from 'vitest';
import { PhoneSizes } from './phone-sizes.js';

const portrait = { width: 720, height: 1280 };
const landscape = { width: 1280, height: 720 };
const small = { width: 360, height: 640 };

describe('PhoneSizes', () => {
  it('knows nothing before a picture or the display was told of', () => {
    const sizes = new PhoneSizes();
    expect(sizes.turned(landscape)).toBe(false);
    sizes.display(portrait);
    expect([sizes.video, sizes.geometry]).toEqual([undefined, undefined]);
  });

  it('has the display turned as the picture is', () => {
    const sizes = new PhoneSizes();
    sizes.display(portrait);
    expect(sizes.pictured({ width: 640, height: 360 })).toBe(true);
    expect(sizes.geometry).toEqual({ video: { width: 640, height: 360 }, screen: landscape });
    expect(sizes.turned({ width: 270, height: 480 })).toBe(true);
    expect(sizes.geometry).toEqual({ video: small, screen: portrait });
    expect(sizes.turned({ width: 270, height: 480 })).toBe(false);
  });

  it.each([
    ['as it was', portrait, false, small],
    ['turned', landscape, true, { width: 640, height: 360 }],
    ['of another shape: unfolded', { width: 1200, height: 1280 }, true, { width: 1200, height: 1280 }],
    ['of another size, in its shape', { width: 1080, height: 1920 }, false, small],
  ])('a display that is %s', (_, present, changed, video) => {
    const sizes = new PhoneSizes();
    sizes.display(portrait);
    sizes.pictured(small);
    expect(sizes.displayed(present)).toBe(changed);
    expect(sizes.geometry).toEqual({ video, screen: present });
  });
});
