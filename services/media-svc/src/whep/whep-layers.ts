import type { viewer as protocol } from '@ancloud/contracts';
import type { Stream } from '../streams/stream.js';
import { type Layers, LayerSwitch } from '../viewers/layer-switch.js';
import { PinnedLayer } from '../viewers/pinned-layer.js';
import type { Receiver } from '../viewers/receiver.js';
import { ReportedLink } from '../viewers/reported-link.js';
import type { Branch } from '../workers/branch.js';

/** Which layer a player by WHEP is sent. It asks once, and is told nothing. */
export type WhepLayers = Pick<Layers, 'layer' | 'consume' | 'judge' | 'replaced' | 'close'>;

/** @param quality what it asked for. @param sound whether it takes the sound too. */
export function whepLayers(
  stream: Stream,
  branch: Branch,
  { quality, sound }: { readonly quality: protocol.Quality; readonly sound: boolean },
): (receiver: Receiver) => WhepLayers {
  return (receiver) => {
    if (quality === 'main') return onlyLayer(receiver);
    if (quality === 'low') return new PinnedLayer(stream, branch, receiver, sound);
    const reports = new ReportedLink(receiver);
    const layers = new LayerSwitch(stream, branch, receiver, undefined, () => reports.look());
    // Refused by a worker that is gone: the next request hears so.
    layers.want('auto').catch(() => undefined);
    return layers;
  };
}

/** The picture as it comes, whatever the link takes: of a feed there is no other. */
export function onlyLayer(receiver: Receiver): WhepLayers {
  return {
    layer: 'main',
    consume: (able) => receiver.consume(able),
    judge: () => undefined,
    replaced: () => undefined,
    close: () => undefined,
  };
}
