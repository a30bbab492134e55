import { ByteReader, NEED_MORE } from './bytes.js';
import { ScrcpyError } from './errors.js';

/** A parser of a byte stream without frame lengths; see {@link createMessageStream}. */
export interface MessageStream {
  /**
   * Takes the next bytes of the stream, in any chunking, and delivers every message they complete.
   * The chunk is not kept. After an error each further push throws the same error: the position is lost.
   */
  push(chunk: Uint8Array): void;
  /** Call at the end of the stream. @throws ScrcpyError SCRCPY_TRUNCATED inside a message. */
  end(): void;
}

/**
 * Feeds `readOne` with a reader that stands at a message's first byte, until it runs out of bytes (NEED_MORE).
 * An incomplete message is read again from its start with the next chunk; each read checks its lengths before it
 * waits for them, so a byte-by-byte sender costs a header parse per byte and never a copy of the body.
 *
 * Holds at most one incomplete message (its limits are `readOne`'s) plus one chunk.
 */
export function createMessageStream(readOne: (reader: ByteReader) => void): MessageStream {
  let held = new Uint8Array(0);
  let from = 0;
  let to = 0;
  let failure: unknown;

  const append = (chunk: Uint8Array): void => {
    if (held.length - to < chunk.length) {
      const needed = to - from + chunk.length;
      const target = held.length >= needed ? held : new Uint8Array(Math.max(256, needed * 2));
      target.set(held.subarray(from, to));
      held = target;
      to -= from;
      from = 0;
    }
    held.set(chunk, to);
    to += chunk.length;
  };

  return {
    push(chunk) {
      if (failure !== undefined) throw failure;
      // A message mostly comes in one chunk: read it in place, keep only what is left over.
      const inPlace = from === to;
      if (!inPlace) append(chunk);
      const reader = inPlace ? new ByteReader(chunk, 0, chunk.length) : new ByteReader(held, from, to);
      let start = reader.offset;
      try {
        while (start < reader.end) {
          readOne(reader);
          start = reader.offset;
        }
      } catch (error) {
        if (error !== NEED_MORE) {
          failure = error;
          throw error;
        }
      }
      if (!inPlace) from = start;
      else if (start < chunk.length) {
        from = to = 0;
        append(chunk.subarray(start));
      }
      if (from === to) from = to = 0;
    },
    end() {
      if (failure !== undefined) throw failure;
      if (from !== to)
        throw new ScrcpyError('SCRCPY_TRUNCATED', `the stream ended ${to - from} bytes into a message`);
    },
  };
}
