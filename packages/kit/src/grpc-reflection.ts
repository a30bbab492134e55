import { readFileSync } from 'node:fs';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { EnumTypeDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';

/** packages/contracts' descriptor set: a file, also beside a bundle. */
const DESCRIPTOR = new URL(import.meta.resolve('@ancloud/contracts/descriptor.binpb'));
/** `FileDescriptorSet.file`, google/protobuf/descriptor.proto. */
const FILE = 1;

/**
 * gRPC's server reflection for these services, by their full names, with the files as they are in proto/.
 *
 * @grpc/reflection takes the files from each type of a package, as @grpc/proto-loader hands them out, and decodes all of them for each:
 * of our 400 types that were 600 to 1,000 ms of each service's start, and of how long viewers wait for a media-svc that begins again. It
 * reads nothing else of a type, so one that has all the files does.
 */
export function reflectionOf(services: readonly string[]): ReflectionService {
  const all: EnumTypeDefinition = {
    format: 'Protocol Buffer 3 EnumDescriptorProto',
    type: {},
    fileDescriptorProtos: filesOf(readFileSync(DESCRIPTOR)),
  };
  return new ReflectionService({ all }, { services: [...services] });
}

function filesOf(descriptorSet: Uint8Array): Buffer[] {
  const reader = new BinaryReader(descriptorSet);
  const files: Buffer[] = [];
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === FILE) files.push(Buffer.from(reader.bytes()));
    else reader.skip(wireType);
  }
  return files;
}
