import { paced } from './paced.js';

/** SCTP streams of a viewer's two channels, as the player's transport numbers them. */
export const streams = { input: 0, moves: 1 } as const;

export interface TouchEvent {
  readonly viewer: number;
  readonly bytes: Uint8Array;
  /** By the channel that may lose it. */
  readonly move: boolean;
}

/** The file of native/touches.c. */
export function touchFile(intervalUs: number, events: readonly TouchEvent[]): Uint8Array {
  const frames = events.map(({ viewer, bytes, move }) => {
    const head = Buffer.alloc(5);
    head.writeUInt16BE(viewer, 0);
    head.writeUInt16BE(move ? streams.moves : streams.input, 2);
    head.writeUInt8(move ? 1 : 0, 4);
    return [Buffer.concat([head, bytes])];
  });
  return paced(intervalUs, new Uint8Array(0), frames);
}
