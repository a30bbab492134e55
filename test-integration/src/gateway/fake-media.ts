import {
  type sendUnaryData,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import type { Bus } from '@ancloud/bus';
import { plainKeys, records, viewer } from '@ancloud/contracts';
import {
  type ListPushesResponse,
  type ListRecordingsRequest,
  type ListRecordingsResponse,
  MediaServiceService,
  type ReadRecordingRequest,
  type RecordingChunk,
  type SignalFrame,
  type SignalOpen,
  type StartPushRequest,
  type StartRecordingRequest,
  type StopPushRequest,
} from '@ancloud/contracts/media/v1/media';
import { MediaRecord, PushRecord, RecordingRecord } from '@ancloud/contracts/state/v1/state';
import { toGrpcError, type AppError } from '@ancloud/kit';
import { recordsOf, type State } from '@ancloud/state';

type Call = ServerDuplexStream<SignalFrame, SignalFrame>;

/** What media-svc is to the gateway: a record, and one Signal stream per viewer. It answers `join` and echoes every other request. */
export class FakeMedia {
  readonly opened: SignalOpen[] = [];
  readonly calls = new Set<Call>();
  /** Thrown instead of an answer to the next join. */
  refuse: AppError | undefined;
  /** On its disk; all have these bytes. */
  recordings: RecordingRecord[] = [];
  recorded = Buffer.alloc(0);
  pushes: PushRecord[] = [];
  readonly #state: State;
  readonly #server = new Server();
  readonly #id: string;
  #address = '';

  private constructor(state: State, id: string) {
    this.#state = state;
    this.#id = id;
  }

  static async start(state: State, _bus: Bus, id = 'media-1'): Promise<FakeMedia> {
    const media = new FakeMedia(state, id);
    media.#server.addService(MediaServiceService, {
      signal: (call: Call) => media.#signal(call),
      // One that is not here is no error.
      closeViewer: (_: unknown, answer: sendUnaryData<object>) => answer(null, {}),
      listRecordings: (
        { request: { recordingId: id } }: { request: ListRecordingsRequest },
        answer: sendUnaryData<ListRecordingsResponse>,
      ) => {
        const recordings = media.recordings.filter((one) => id === '' || one.recordingId === id);
        answer(null, { recordings });
      },
      listPushes: (_: unknown, answer: sendUnaryData<ListPushesResponse>) =>
        answer(null, { pushes: media.pushes }),
      startPush: ({ request }: { request: StartPushRequest }, answer: sendUnaryData<PushRecord>) => {
        const { pushId, phoneId, owner } = request;
        media.pushes.push(
          PushRecord.fromPartial({ pushId, phoneId, owner, destination: 'rtmp://live.example/…' }),
        );
        answer(null, media.pushes.at(-1));
      },
      stopPush: ({ request }: { request: StopPushRequest }, answer: sendUnaryData<PushRecord>) => {
        const push = media.pushes.find(({ pushId }) => pushId === request.pushId);
        media.pushes = media.pushes.filter((one) => one !== push);
        answer(null, push);
      },
      startRecording: (
        { request }: { request: StartRecordingRequest },
        answer: sendUnaryData<RecordingRecord>,
      ) => answer(null, media.#record(request)),
      readRecording: (call: ServerWritableStream<ReadRecordingRequest, RecordingChunk>) => {
        const { offset, length } = call.request;
        call.write({ data: media.recorded.subarray(offset, offset + length) });
        call.end();
      },
    });
    const port = await new Promise<number>((resolve, reject) => {
      media.#server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    media.#address = `127.0.0.1:${port}`;
    await recordsOf(state, records.media).set(
      { media: id },
      MediaRecord.fromPartial({ mediaId: id, mediaAddress: media.#address }),
      { ttlMs: 600_000 },
    );
    await state.run('listing', (redis) => redis.sadd(plainKeys.medias.template, id));
    return media;
  }

  /** To every viewer. */
  say(message: unknown): void {
    for (const call of this.calls) call.write(json(message));
  }

  async close(): Promise<void> {
    await recordsOf(this.#state, records.media).delete({ media: this.#id });
    this.#server.forceShutdown();
  }

  #record({ recordingId, phoneId, owner }: StartRecordingRequest): RecordingRecord {
    const record = RecordingRecord.fromPartial({ recordingId, phoneId, owner });
    this.recordings.push(record);
    return record;
  }

  #signal(call: Call): void {
    this.calls.add(call);
    call.on('cancelled', () => this.calls.delete(call));
    call.on('error', () => this.calls.delete(call));
    call.on('end', () => call.end());
    call.on('data', ({ frame }: SignalFrame) => {
      if (frame?.$case === 'open') this.opened.push(frame.value);
      if (frame?.$case !== 'json') return;
      const message = viewer.parseFrame(frame.value);
      if (message === null || !('method' in message)) return;
      if (this.refuse !== undefined) {
        call.emit('error', toGrpcError(this.refuse));
        this.refuse = undefined;
      } else if (message.method === 'join')
        call.write(
          json({ id: message.id, ok: { rtpCapabilities: {}, width: 720, height: 1280, hasAudio: false } }),
        );
      else call.write(json({ id: message.id, ok: { echo: message } }));
    });
  }
}

const json = (message: unknown): SignalFrame => ({
  frame: { $case: 'json', value: JSON.stringify(message) },
});
