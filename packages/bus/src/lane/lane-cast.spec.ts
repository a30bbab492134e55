import type { ControlBatch, ControlEvent } from '@ancloud/contracts/input/v1/input';
import { describe, expect, it } from 'vitest';
import { LaneCast } from './lane-cast.js';
import type { SharingLink } from './lane-link.js';
import type { LaneOutlet } from './lane-outlet.js';
import { readShared } from './shared.js';

type Event = NonNullable<ControlEvent['event']>;

const lift = (reason: string): Event => ({ $case: 'liftAll', value: { reason } });
const reasonOf = ([one]: ControlBatch['events']): string =>
  one?.event?.$case === 'liftAll' ? one.event.value.reason : '';

/** Connections and the phones behind them; `said` is what left, in order. */
function world() {
  const said: string[] = [];
  const broken = new Set<string>();
  const link = (name: string): SharingLink => ({
    send: (body) => {
      if (broken.has(name)) return false;
      const lanes: string[] = [];
      readShared(Buffer.from(body), ({ lane, fence, ack }, events) =>
        lanes.push(`${lane}:${fence}:${ack} ${reasonOf(events)}`),
      );
      said.push(`${name} ${lanes.join(', ')}`);
      return true;
    },
  });
  const outlet = (lane: number, sharing: SharingLink | undefined): LaneOutlet<ControlBatch> =>
    ({
      lane: { lane, sharing },
      shared: () => said.push(`${lane} shared`),
      publish: ({ fence, events, ack }: ControlBatch) =>
        said.push(`${lane} alone ${fence}:${ack} ${reasonOf(events)}`),
    }) as unknown as LaneOutlet<ControlBatch>;
  return { said, broken, link, outlet };
}

describe('a cast', () => {
  it('is one message to each process of the same event, whose phones keep their fences', () => {
    const { said, link, outlet } = world();
    const [a, b, x, y] = [link('a'), link('b'), lift('x'), lift('y')];
    const cast = new LaneCast();
    expect(cast.add(outlet(1, a), x, 5, 0)).toBe(true);
    cast.add(outlet(2, b), x, 6, 0);
    cast.add(outlet(3, a), x, 7, 9);
    cast.add(outlet(4, a), y, 8, 0);
    cast.add(outlet(5, a), y, 9, 0);
    cast.add(outlet(6, b), x, 1, 0);
    cast.afterwards(() => said.push('afterwards'));
    expect(said).toEqual([]);
    cast.leave();
    expect(said).toEqual([
      'a 1:5:0 x, 3:7:9 x',
      '1 shared',
      '3 shared',
      'b 2:6:0 x, 6:1:0 x',
      '2 shared',
      '6 shared',
      'a 4:8:0 y, 5:9:0 y',
      '4 shared',
      '5 shared',
      'afterwards',
    ]);
    cast.leave();
    expect(said).toHaveLength(10);
  });

  it('is none of a phone without a lane, and of one whose session hears none', () => {
    const { outlet } = world();
    const cast = new LaneCast();
    expect(cast.add(outlet(1, undefined), lift('x'), 5, 0)).toBe(false);
    expect(cast.add({ lane: undefined } as LaneOutlet<ControlBatch>, lift('x'), 5, 0)).toBe(false);
  });

  it('lets each go alone where it is the only one, and where the connection takes nothing', () => {
    const { said, broken, link, outlet } = world();
    const [a, b, x] = [link('a'), link('b'), lift('x')];
    broken.add('b');
    const cast = new LaneCast();
    cast.add(outlet(1, a), x, 5, 4);
    cast.add(outlet(2, b), x, 6, 0);
    cast.add(outlet(3, b), x, 7, 0);
    cast.leave();
    expect(said).toEqual(['1 alone 5:4 x', '2 alone 6:0 x', '3 alone 7:0 x']);
  });
});
