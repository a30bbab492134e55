import path from 'node:path';
import { type Client, Metadata, type ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** Members of `ServerReflectionResponse` that are read here. */
export interface Reflected {
  readonly listServicesResponse?: { readonly service?: readonly { readonly name: string }[] };
  readonly fileDescriptorResponse?: { readonly fileDescriptorProto: readonly Buffer[] };
  readonly errorResponse?: { readonly errorCode: number };
}

/** Asks `grpc.reflection.v1.ServerReflection` one thing, e.g. `{ listServices: '' }`. Errors: the call's status. */
export function reflect(client: Client, question: object, secret?: string): Promise<Reflected> {
  const proto = path.join(
    import.meta.dirname,
    '../../../node_modules/@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto',
  );
  const definition = loadSync(proto)['grpc.reflection.v1.ServerReflection'] as ServiceDefinition;
  const method = definition['ServerReflectionInfo'];
  if (method === undefined) throw new Error('no reflection definition');
  const metadata = new Metadata();
  if (secret !== undefined) metadata.set('authorization', `Bearer ${secret}`);
  return new Promise((resolve, reject) => {
    const call = client.makeBidiStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize as (bytes: Buffer) => Reflected,
      metadata,
    );
    call.on('error', reject);
    call.on('data', (answer: Reflected) => {
      resolve(answer);
      call.end();
    });
    call.write(question);
  });
}
