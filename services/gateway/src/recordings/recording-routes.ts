import { z } from 'zod';
import { named, type RouteDoc } from '../api/route-doc.js';

const tag = 'recordings';

const recording = named(
  'Recording',
  z.object({
    recordingId: z.string(),
    phoneId: z.string().describe('The phone; it may be gone'),
    state: z.enum(['waiting', 'recording', 'finished']).describe('`waiting`: wanted, and no picture comes'),
    reason: z.string().describe('Why it waits, or why it ended; empty while it records'),
    startedAt: z.iso.datetime().nullable(),
    endedAt: z.iso.datetime().nullable(),
    size: z.int().describe('Bytes of all files'),
    durationMs: z.int().describe('Of all files'),
    files: z
      .array(
        z.object({
          index: z.int().min(1),
          startedAt: z.iso.datetime().nullable(),
          size: z.int(),
          durationMs: z.int(),
          frames: z.int().describe('Pictures'),
          width: z.int(),
          height: z.int(),
          audio: z.boolean(),
          complete: z.boolean().describe('False: it is being written'),
        }),
      )
      .describe('By time. When the screen turns, or what writes was killed, the next one begins'),
  }),
);

const recordingList = named('RecordingList', z.object({ recordings: z.array(recording) }));

export const listRecordingsQuery = z.strictObject({
  phoneId: z.string().default('').describe('Only those of this phone'),
});

export const fileIndex = z.coerce.number().int().min(1);

export const recordingRoutes: readonly RouteDoc[] = [
  {
    method: 'POST',
    path: '/v1/phones/{phoneId}/recordings',
    operationId: 'startRecording',
    tag,
    summary: "Records a phone's screen and sound until it is stopped",
    description:
      "The phone's own H.264 and Opus, copied: nothing is encoded anew. One recording of a phone at a time. Answers when the first picture is recorded, or after 10 s.",
    ok: { status: 201, description: 'The recording', schema: recording },
    errors: [
      'PHONE_NOT_FOUND',
      'RECORDING_RUNNING',
      'SESSION_NOT_FOUND',
      'STREAM_FAILED',
      'DISK_FULL',
      'EXEC_FAILED',
      'CAPACITY',
      'UNAVAILABLE',
    ],
  },
  {
    method: 'GET',
    path: '/v1/recordings',
    operationId: 'listRecordings',
    tag,
    summary: "The caller's recordings, newest first",
    query: listRecordingsQuery,
    ok: { status: 200, description: 'All that media-svcs of the farm have', schema: recordingList },
    errors: ['UNAVAILABLE'],
  },
  {
    method: 'GET',
    path: '/v1/recordings/{recordingId}',
    operationId: 'getRecording',
    tag,
    summary: 'One recording',
    ok: { status: 200, description: 'The recording', schema: recording },
    errors: ['RECORDING_NOT_FOUND', 'UNAVAILABLE'],
  },
  {
    method: 'POST',
    path: '/v1/recordings/{recordingId}/stop',
    operationId: 'stopRecording',
    tag,
    summary: 'Ends a recording',
    description: 'Its files are complete when this answers. May be repeated.',
    ok: { status: 200, description: 'The recording', schema: recording },
    errors: ['RECORDING_NOT_FOUND', 'UNAVAILABLE'],
  },
  {
    method: 'GET',
    path: '/v1/recordings/{recordingId}/files/{index}',
    operationId: 'readRecording',
    tag,
    summary: 'A file of a recording: a fragmented MP4',
    description:
      'With a Range header of one range: 206 and that part, as players ask for it. Of a file that is being written: what it has now.',
    headers: { range: 'Such as `bytes=0-1023`' },
    ok: { status: 200, description: 'The file', mediaType: 'video/mp4' },
    errors: ['RECORDING_NOT_FOUND', 'RANGE_INVALID', 'UNAVAILABLE'],
  },
  {
    method: 'DELETE',
    path: '/v1/recordings/{recordingId}',
    operationId: 'deleteRecording',
    tag,
    summary: 'Ends a recording and removes its files',
    ok: { status: 204, description: 'It is gone' },
    errors: ['RECORDING_NOT_FOUND', 'UNAVAILABLE'],
  },
];
