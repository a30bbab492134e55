import { StreamEdge } from '@ancloud/contracts/state/v1/state';
import { expect, it } from 'vitest';
import { Audience } from './audience.js';
import type { StreamViewer } from './stream-viewer.js';

const viewer = (is: Pick<StreamViewer, 'edge' | 'pinned' | 'needsMain'> = {}): StreamViewer =>
  is as StreamViewer;

it('tells who watches, thumbnails among them, and who passes the picture on', () => {
  const audience = new Audience();
  const edge = StreamEdge.fromPartial({ mediaId: 'b', viewers: 7, pinned: 3 });
  audience.add('vw_1', viewer());
  audience.add('edge:b', viewer({ edge }));
  audience.add('vw_2', viewer({ pinned: true }));
  expect(audience.watching).toHaveLength(2);
  expect(audience.pinned).toBe(1);
  expect(audience.edges).toEqual([edge]);
});

it('keeps who came under an id after the end of who had it before', () => {
  const audience = new Audience();
  const [before, now] = [viewer(), viewer({ pinned: true })];
  audience.add('vw_1', before);
  audience.add('vw_1', now);
  audience.remove('vw_1', before);
  expect(audience.get('vw_1')).toBe(now);
  audience.remove('vw_1', now);
  expect([...audience.all]).toEqual([]);
});

it.each<[string, Partial<StreamViewer>[], boolean]>([
  ['nobody', [], false],
  ['thumbnails', [{ pinned: true }, { pinned: true }], false],
  ['a thumbnail that is sent sound', [{ pinned: true, needsMain: true }], true],
  ['the low layer by WHEP, without sound', [{ pinned: false, needsMain: false }], false],
  ['somebody beside a thumbnail', [{ pinned: true }, {}], true],
])('%s: whether the main picture is needed', (_, all, needed) => {
  const audience = new Audience();
  for (const [i, is] of all.entries()) audience.add(`vw_${i}`, viewer(is));
  expect(audience.needsMain).toBe(needed);
});
