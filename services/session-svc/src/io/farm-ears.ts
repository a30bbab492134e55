import type { Bus, LaneServer } from '@ancloud/bus';
import { plainKeys, records, subjects } from '@ancloud/contracts';
import { LaneOffer } from '@ancloud/contracts/input/v1/input';
import { KeyFrameWanted_Reason } from '@ancloud/contracts/events/v1/events';
import type { PhoneStatus } from '@ancloud/contracts/state/v1/state';
import type { Clock, Log, Timer } from '@ancloud/kit';
import { keyOf, recordsOf, watchRecords } from '@ancloud/state';
import type { RecordWatch, State } from '@ancloud/state';
import type { Session } from './session.js';
import type { Ears, Sessions } from './sessions.js';
import { StraightLanes } from './straight-lanes.js';

/** A stream whose media-svc has not renewed its record (TTL 15 s) at two looks in a row has no receiver. */
const ORPHAN_MS = 10_000;

interface Farm {
  readonly bus: Bus;
  readonly state: State;
  readonly hostId: string;
  readonly log: Log;
  readonly clock: Clock;
}

/** What the farm says to one session: touches, key frame wishes, who holds the controls. */
export function farmEars(bus: Bus, lanes: LaneServer): Ears {
  return {
    open(session: Session) {
      const phone = { phone: session.phoneId };
      const straight = new StraightLanes(session.phoneId, lanes, session.input);
      session.input.listen({
        over: (fence) => straight.over(fence),
        straight: (lane) => straight.begin(lane),
      });
      const subscriptions = [
        bus.subscribeRaw(subjects.control, phone, (bytes) => session.input.control(bytes)),
        bus.serve(subjects.controlLane, phone, LaneOffer, async () =>
          lanes.offer(phone, {
            message: (bytes) => session.input.control(bytes),
            shared: (events, share, answer) => session.input.shared(events, share, answer),
          }),
        ),
        bus.serve(subjects.sessionLane, phone, LaneOffer, async (request) => straight.offer(request)),
        bus.subscribe(subjects.keyFrame, phone, ({ reason, low }) => {
          if (reason === KeyFrameWanted_Reason.REASON_JOIN) session.streams.keyFrameWanted('join', low);
          else if (reason === KeyFrameWanted_Reason.REASON_LOSS) session.streams.keyFrameWanted('loss', low);
        }),
        bus.subscribe(subjects.controlHolder, phone, ({ fence, viewerId }) =>
          session.input.holderChanged(fence, viewerId !== ''),
        ),
      ];
      return () => {
        for (const subscription of subscriptions) subscription.close();
        lanes.withdraw(phone);
      };
    },
  };
}

/** Tells `sessions` of the phones of this host: by facts, and by reading all of them every 10 s. */
export function watchPhones(farm: Farm, sessions: Sessions): RecordWatch<PhoneStatus, PhoneStatus> {
  const { state, bus, hostId, log, clock } = farm;
  const key = keyOf(plainKeys.hostPhones.template, { host: hostId });
  return watchRecords({
    state,
    bus,
    log,
    clock,
    subject: subjects.phoneStatus,
    records: recordsOf(state, records.status),
    list: async () =>
      (await state.run(`reading ${key}`, (redis) => redis.smembers(key))).map((phone) => ({ phone })),
    // A phone that has left for another host is told too, so that its session here ends.
    accept: ({ phone }, status) => status.hostId === hostId || sessions.all.some((s) => s.phoneId === phone),
    onChange: (_params, status) => sessions.observe(status),
    onGone: ({ phone }) => {
      if (phone !== undefined) sessions.unlisted(phone);
    },
  });
}

/** Ends streams whose media-svc died without a word. Answers how to stop looking. */
export function endOrphans(farm: Farm, sessions: Sessions): () => void {
  const streams = recordsOf(farm.state, records.stream);
  /** Phone → fence of the stream whose record was missing at the last look. */
  let missing = new Map<string, number>();
  let timer: Timer | undefined;
  const look = async (): Promise<void> => {
    const wanted = sessions.all.filter((session) => session.stream.wanted);
    const found = await streams.getMany(wanted.map(({ phoneId }) => ({ phone: phoneId })));
    const absent = wanted.filter((session, i) => (found[i]?.fence ?? -1) < session.stream.fence);
    for (const session of absent) {
      // A stream that began since the last look has not had its time yet.
      if (missing.get(session.phoneId) !== session.stream.fence) continue;
      farm.log.warn({ phone: session.phoneId }, 'ending a stream whose media-svc is gone');
      session.streams.stop();
    }
    missing = new Map(absent.map(({ phoneId, stream }) => [phoneId, stream.fence]));
  };
  const later = (): void => {
    timer = farm.clock.setTimeout(() => {
      // Redis away: nothing is known, so nothing is ended.
      look()
        .catch(() => missing.clear())
        .finally(later);
    }, ORPHAN_MS);
    timer.unref();
  };
  later();
  return () => timer?.cancel();
}
