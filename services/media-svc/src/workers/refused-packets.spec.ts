import { createLog, Metrics } from '@ancloud/kit';
import { setLogEventListeners, type types } from 'mediasoup';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WARNING_TAGS } from '../core/worker-warning.js';
import { RefusedPackets } from './refused-packets.js';

vi.mock('mediasoup');

const log = createLog({ service: 'test', level: 'silent' });
let metrics: Metrics;
let refused: RefusedPackets;

beforeEach(() => {
  vi.useFakeTimers();
  metrics = new Metrics('test');
  refused = new RefusedPackets(metrics, log);
});
afterEach(() => {
  refused.close();
  vi.useRealTimers();
  vi.clearAllMocks();
});

/** What the worker of this pid writes. */
function write(pid: number, writer = 'RTC::WebRtcTransport::OnRtpDataReceived'): void {
  vi.mocked(setLogEventListeners).mock.lastCall?.[0]?.onwarn?.(
    'mediasoup:WARN:Channel',
    `[pid:${pid}] ${writer}() | received data is not a valid packet`,
  );
}

/** A worker, and the tags it was told to write about. */
function worker(pid: number, takes = true) {
  const told: (readonly types.WorkerLogTag[] | undefined)[] = [];
  const updateSettings = ({ logTags }: types.WorkerUpdateableSettings = {}): Promise<void> => {
    told.push(logTags);
    return takes ? Promise.resolve() : Promise.reject(new Error('worker closed'));
  };
  return { pid, updateSettings, told };
}

const value = async (name: string) => (await metrics.registry.getSingleMetric(name)?.get())?.values[0]?.value;

async function counts(): Promise<Record<string, unknown>> {
  return {
    refused: await value('ancloud_media_rtp_refused_total'),
    unheard: await value('ancloud_media_refusals_unheard_total'),
  };
}

describe('packets that workers throw away', () => {
  it('are counted, and nothing else', async () => {
    refused.listen(worker(7));
    write(7);
    write(7, 'RTC::Transport::ReceiveRtpPacket');
    write(7, 'RTC::SomethingElse::Said');
    expect(await counts()).toEqual({ refused: 2, unheard: 0 });
  });

  it('of a worker that has ended are not', async () => {
    const one = worker(7);
    refused.listen(one);
    refused.forget(one);
    write(7);
    write(8);
    expect(await counts()).toEqual({ refused: 0, unheard: 0 });
  });
});

it('a tenth of each second is heard', () => {
  const one = worker(7);
  refused.listen(one);
  vi.advanceTimersByTime(999);
  expect(one.told).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(one.told).toEqual([[...WARNING_TAGS]]);
  vi.advanceTimersByTime(99);
  expect(one.told).toEqual([[...WARNING_TAGS]]);
  vi.advanceTimersByTime(1);
  expect(one.told).toEqual([[...WARNING_TAGS], []]);
  vi.advanceTimersByTime(900);
  expect(one.told).toEqual([[...WARNING_TAGS], [], [...WARNING_TAGS]]);
});

describe('a worker that writes without end', () => {
  it('is told to be silent after 100 lines, of whatever they are, and to go on in the next second', async () => {
    const one = worker(7);
    refused.listen(one);
    write(7);
    for (let line = 0; line < 98; line++) write(7, 'RTC::SomethingElse::Said');
    expect(one.told).toEqual([]);
    // What it had written before it heard that is counted.
    for (let line = 0; line < 3; line++) write(7);
    expect(one.told).toEqual([[]]);
    expect(await counts()).toMatchObject({ refused: 4, unheard: 1 });
    vi.advanceTimersByTime(1_000);
    expect(one.told).toEqual([[], [...WARNING_TAGS]]);
    for (let line = 0; line < 100; line++) write(7);
    expect(one.told).toEqual([[], [...WARNING_TAGS], []]);
    // Nor does the end of the tenth make it speak again.
    vi.advanceTimersByTime(999);
    expect(one.told).toEqual([[], [...WARNING_TAGS], []]);
    expect(await counts()).toMatchObject({ refused: 104, unheard: 2 });
  });

  it('of nothing that was thrown away is no sign of rubbish', async () => {
    const one = worker(7);
    refused.listen(one);
    for (let line = 0; line < 100; line++) write(7, 'RTC::RTP::RetransmissionBuffer::Insert');
    expect(one.told).toEqual([[]]);
    expect(await counts()).toEqual({ refused: 0, unheard: 0 });
  });

  it('silences no other', () => {
    const [loud, quiet] = [worker(7), worker(8)];
    refused.listen(loud);
    refused.listen(quiet);
    vi.advanceTimersByTime(1_000);
    for (let line = 0; line < 200; line++) write(7);
    for (let line = 0; line < 99; line++) write(8);
    expect(loud.told).toEqual([[...WARNING_TAGS], []]);
    expect(quiet.told).toEqual([[...WARNING_TAGS]]);
  });

  it('is told nothing more when it has ended, and its end is nobody’s error', async () => {
    const one = worker(7, false);
    refused.listen(one);
    for (let line = 0; line < 100; line++) write(7);
    vi.advanceTimersByTime(1_000);
    expect(one.told).toEqual([[], [...WARNING_TAGS]]);
    refused.forget(one);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(one.told).toEqual([[], [...WARNING_TAGS]]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

it('closed, it leaves no timer and no listener', () => {
  refused.listen(worker(7));
  vi.advanceTimersByTime(1_050);
  expect(vi.getTimerCount()).toBe(2);
  refused.close();
  expect(vi.getTimerCount()).toBe(0);
  expect(vi.mocked(setLogEventListeners).mock.lastCall).toEqual([]);
});
