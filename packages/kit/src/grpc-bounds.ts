import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { AppError } from './errors.js';

/** For ts-proto's decoders: reads `most` tags, lengths and whole numbers of a message. Then it throws MESSAGE_TOO_LARGE. */
export function boundedReader(bytes: Uint8Array, most: number): BinaryReader {
  const reader = new BinaryReader(bytes);
  const read = reader.uint32.bind(reader);
  let left = most;
  reader.uint32 = () => {
    left -= 1;
    if (left < 0)
      throw new AppError('MESSAGE_TOO_LARGE', `the message has more than ${most} tags, lengths and numbers`, {
        fix: 'send less, or in parts',
      });
    return read();
  };
  return reader;
}

/** `service`, whose requests are read up to `most`. One that has more becomes the error: grpc-js hides whatever a decoder throws. */
export function boundedService(service: ServiceDefinition, most: number): ServiceDefinition {
  return Object.fromEntries(
    Object.entries(service).map(([name, method]) => [
      name,
      {
        ...method,
        requestDeserialize: (bytes: Buffer): unknown => {
          try {
            // What ts-proto generates takes a reader wherever it takes bytes.
            return method.requestDeserialize(boundedReader(bytes, most) as unknown as Buffer);
          } catch (error) {
            if (error instanceof AppError) return error;
            throw error;
          }
        },
      },
    ]),
  );
}
