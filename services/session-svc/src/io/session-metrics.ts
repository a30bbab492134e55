import { SessionState } from '@ancloud/contracts/state/v1/state';
import type { Metrics } from '@ancloud/kit';

/** What the gauges look at when they are scraped. */
export interface Countable {
  readonly state: SessionState;
  readonly queued: number;
}

const STATES = [
  ['connecting', SessionState.SESSION_STATE_CONNECTING],
  ['ready', SessionState.SESSION_STATE_READY],
  ['recovering', SessionState.SESSION_STATE_RECOVERING],
  ['paused', SessionState.SESSION_STATE_PAUSED],
] as const;

const SENT = ['video', 'audio', 'rtcp'] as const;

/** What session-svc counts. Never labelled with a phone: a farm has thousands. */
export class SessionMetrics {
  readonly rtpPackets;
  readonly rtpBytes;
  readonly rtpErrors;
  readonly rtpAttached;
  readonly pictures;
  readonly keyFramesWanted;
  readonly keyFramesAsked;
  readonly groupsReplayed;
  readonly inputDropped;
  readonly controlWrites;
  readonly padOpens;
  readonly touchSeconds;
  readonly linkFailures;
  readonly socketsOpened;
  readonly streamsStarted;
  readonly streamsFailed;

  constructor(metrics: Metrics, sessions: () => readonly Countable[]) {
    this.rtpPackets = metrics.tally('ancloud_rtp_packets_total', 'RTP packets sent', 'kind', SENT);
    this.rtpBytes = metrics.tally(
      'ancloud_rtp_bytes_total',
      'RTP bytes sent, headers included',
      'kind',
      SENT,
    );
    this.rtpErrors = metrics.counter(
      'ancloud_rtp_send_errors_total',
      'Packets the kernel refused, or that could not be encrypted',
      ['code'],
    );
    this.rtpAttached = metrics.counter(
      'ancloud_rtp_attachments_total',
      'Receivers that phones were begun to be sent to, encrypted or not',
      ['srtp'],
    );
    this.pictures = metrics.tally('ancloud_access_units_total', 'Access units of phones', 'kind', [
      'key',
      'delta',
    ]);
    this.keyFramesWanted = metrics.counter('ancloud_key_frames_wanted_total', 'Wishes of media-svc', [
      'reason',
    ]);
    this.keyFramesAsked = metrics.counter(
      'ancloud_key_frames_asked_total',
      'Encoder restarts asked of phones',
    );
    this.groupsReplayed = metrics.counter(
      'ancloud_gops_replayed_total',
      'Cached groups of pictures sent again',
    );
    this.inputDropped = metrics.counter('ancloud_input_dropped_total', 'Input that did not reach a phone', [
      'reason',
    ]);
    this.controlWrites = metrics.tally(
      'ancloud_control_writes_total',
      'Writes to control sockets, by whether the socket took them at once',
      'way',
      ['now', 'queued'],
    );
    this.padOpens = metrics.counter(
      'ancloud_gamepad_opens_total',
      'Programs that were started in phones to write to their gamepads',
    );
    this.touchSeconds = metrics.timing(
      'ancloud_touch_seconds',
      'From a control batch received to its bytes taken by the control socket',
    );
    this.linkFailures = metrics.counter('ancloud_link_failures_total', 'Failed tries to reach a phone', [
      'code',
    ]);
    this.socketsOpened = metrics.counter(
      'ancloud_phone_sockets_total',
      'Sockets of scrcpy that were opened in phones, by the way: their door, or adb',
      ['way'],
    );
    this.streamsStarted = metrics.counter('ancloud_streams_started_total', 'Video servers that took over');
    this.streamsFailed = metrics.counter(
      'ancloud_streams_failed_total',
      'Video servers that failed or were lost',
    );
    const byState = metrics.gauge('ancloud_sessions', 'Sessions by state', ['state']);
    const queued = metrics.gauge('ancloud_control_queued', 'Control messages that wait, over all phones');
    // prom-client calls `collect` when it is scraped: a depth is true only then.
    Object.assign(queued, {
      collect: () => {
        const all = sessions();
        queued.set(all.reduce((sum, session) => sum + session.queued, 0));
        for (const [name, state] of STATES)
          byState.set({ state: name }, all.filter((session) => session.state === state).length);
      },
    });
  }
}
