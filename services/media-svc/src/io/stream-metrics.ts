import type { InputDrop, Metrics } from '@ancloud/kit';
import type { Experience } from '../core/experience.js';
import type { WishReason } from '../core/key-frame-wish.js';
import type { Layer } from '../core/layer-choice.js';
import type { JoinStep } from '../streams/stream-viewer.js';
import { ExperienceMetrics } from './experience-metrics.js';

/** What is asked of each stream. */
interface Gauged {
  readonly viewers: number;
  readonly branches: number;
  readonly edges: readonly unknown[];
  readonly origin: string;
}

/** What this media-svc tells of its streams and their viewers. */
export class StreamMetrics {
  readonly #keyFrames;
  readonly #dropped;
  readonly #floods;
  readonly #joins;
  readonly #layers;
  readonly #experience: ExperienceMetrics;

  /** @param held the streams of this instance, asked at each scrape: the gauges cannot drift from what is held. */
  constructor(metrics: Metrics, held: () => Iterable<Gauged>) {
    this.#keyFrames = metrics.counter(
      'ancloud_media_key_frames_wanted_total',
      'Key frames asked of sessions',
      ['reason', 'layer'],
    );
    this.#dropped = metrics.counter(
      'ancloud_media_input_dropped_total',
      'Input messages of viewers that were not passed on',
      ['why'],
    );
    this.#floods = metrics.counter(
      'ancloud_media_key_frame_floods_total',
      'Times that a viewer asked for key frames without end and was not heard for a second',
    );
    this.#joins = metrics.histogram(
      'ancloud_media_join_seconds',
      'From a join to the end of its DTLS handshake, and from there until a key frame went out',
      ['step'],
    );
    this.#layers = metrics.counter(
      'ancloud_media_layer_changes_total',
      'Viewers that were given the low layer, or the main one again, or could not be',
      ['to', 'how'],
    );
    this.#experience = new ExperienceMetrics(metrics);
    const streams = metrics.gauge('ancloud_media_streams', 'Streams this instance carries');
    const viewers = metrics.gauge('ancloud_media_viewers', 'Viewers connected to those streams');
    const pipes = metrics.gauge(
      'ancloud_media_pipes',
      'Routers that get a stream from the one on which it arrives',
    );
    const inlets = metrics.gauge(
      'ancloud_media_pipe_inlets',
      'Streams that another media-svc pipes to this instance',
    );
    const outlets = metrics.gauge(
      'ancloud_media_pipe_outlets',
      'Pipes by which this instance feeds other media-svcs',
    );
    const sum = (of: (stream: Gauged) => number): number =>
      [...held()].reduce((total, stream) => total + of(stream), 0);
    Object.assign(streams, { collect: () => streams.set(sum(() => 1)) });
    Object.assign(viewers, { collect: () => viewers.set(sum((stream) => stream.viewers)) });
    Object.assign(inlets, { collect: () => inlets.set(sum(({ origin }) => (origin === '' ? 0 : 1))) });
    Object.assign(outlets, { collect: () => outlets.set(sum(({ edges }) => edges.length)) });
    Object.assign(pipes, { collect: () => pipes.set(sum((stream) => stream.branches - 1)) });
  }

  keyFrameAsked(reason: WishReason, layer: Layer): void {
    this.#keyFrames.inc({ reason, layer });
  }

  layerChanged(to: Layer, how: 'done' | 'failed'): void {
    this.#layers.inc({ to, how });
  }

  flooded(): void {
    this.#floods.inc();
  }

  dropped(why: InputDrop): void {
    this.#dropped.inc({ why });
  }

  /** @param ms since the step before. */
  joined(step: JoinStep, ms: number): void {
    this.#joins.observe({ step }, ms / 1_000);
  }

  /** @param report a field's name: what a player told could not be read; `rate`: it told too often. */
  experienced(report: Experience | keyof Experience | 'rate'): void {
    if (typeof report === 'string') this.#experience.refused(report);
    else this.#experience.add(report);
  }
}
