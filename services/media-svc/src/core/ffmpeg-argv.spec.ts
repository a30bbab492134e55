import { describe, expect, it } from 'vitest';
import { ffmpegArgv, framesSent } from './ffmpeg-argv.js';

const text = (options: Partial<Parameters<typeof ffmpegArgv>[1]>): string =>
  ffmpegArgv('/usr/bin/ffmpeg', { root: true, network: false, fileBytes: 5, ...options }, ['out']).join(' ');

describe('ffmpegArgv', () => {
  it('gives a child of root no rights and no network', () => {
    expect(text({})).toBe(
      'unshare --ipc --uts --net -- prlimit --core=0 --fsize=5 --nofile=64 --as=2147483648 ' +
        'setpriv --reuid=268435453 --regid=268435453 --clear-groups --no-new-privs --inh-caps=-all --ambient-caps=-all --bounding-set=-all ' +
        '/usr/bin/ffmpeg -hide_banner -nostdin -loglevel error -probesize 32 -analyzeduration 0 -f matroska -i pipe:0 -map 0 -c copy out',
    );
  });

  it('leaves the network to one that sends', () => {
    expect(text({ network: true })).toMatch(/^unshare --ipc --uts -- prlimit/);
  });

  it('of anybody else takes what can be given up', () => {
    expect(text({ root: false })).toMatch(/^prlimit .* setpriv --no-new-privs \/usr\/bin\/ffmpeg /);
  });
});

it.each([
  ['frame=12\nfps=0.00\ntotal_size=100\nprogress=continue\nframe= 34\nprogress=end\n', 34],
  ['fps=1\n', undefined],
  ['', undefined],
  ['dup_frames=5\n', undefined],
])('framesSent of %j', (progress, frames) => {
  expect(framesSent(progress)).toBe(frames);
});
