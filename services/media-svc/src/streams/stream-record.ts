import type { StreamRecord } from '@ancloud/contracts/state/v1/state';
import type { Stream } from './stream.js';

/** What `stream:{phone}` says of a stream, or an admin is told of it at an edge, where the fence is 0. */
export function recordOf(
  stream: Stream,
  fence: number,
  {
    mediaId,
    address,
    region,
  }: { readonly mediaId: string; readonly address: string; readonly region: string },
): StreamRecord {
  const { phoneId, edges, viewers, pinned, facts, full } = stream;
  return {
    phoneId,
    mediaId,
    mediaAddress: address,
    fence,
    viewers: edges.reduce((sum, edge) => sum + edge.viewers, viewers),
    width: facts.size.width,
    height: facts.size.height,
    updatedAtMs: Date.now(),
    region,
    full,
    edges,
    pinned: edges.reduce((sum, edge) => sum + edge.pinned, pinned),
  };
}
