import { readFileSync } from 'node:fs';
import { fromBinary } from '@bufbuild/protobuf';
import { type FileDescriptorProto, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { Client, credentials, Server, ServerCredentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reflect } from './grpc-reflection.fixture.js';
import { reflectionOf } from './grpc-reflection.js';

const NAME = 'ancloud.media.v1.MediaService';
const FILE = 'ancloud/media/v1/media.proto';
const NOT_FOUND = 5;

describe('reflection', () => {
  const server = new Server();
  let client: Client;

  beforeAll(async () => {
    reflectionOf([NAME]).addToServer(server);
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  });
  afterAll(() => {
    client.close();
    server.forceShutdown();
  });

  const files = async (question: object): Promise<FileDescriptorProto[]> => {
    const { fileDescriptorResponse } = await reflect(client, question);
    return (fileDescriptorResponse?.fileDescriptorProto ?? []).map((bytes) =>
      fromBinary(FileDescriptorProtoSchema, bytes),
    );
  };

  it('names the services of the server, and no other of the contracts', async () => {
    const { listServicesResponse } = await reflect(client, { listServices: '' });
    expect(listServicesResponse?.service?.map(({ name }) => name)).toEqual([NAME]);
  });

  it('has the file of a symbol as it is in proto/, with every method', async () => {
    const [file] = await files({ fileContainingSymbol: NAME });
    expect(file?.name).toBe(FILE);
    const proto = readFileSync(new URL(`../../../proto/${FILE}`, import.meta.url), 'utf8');
    const methods = Array.from(proto.matchAll(/^ {2}rpc (\w+)/gm), ([, name]) => name);
    expect(methods).not.toEqual([]);
    const service = file?.service.find(({ name }) => NAME.endsWith(`.${name}`));
    expect(service?.method.map(({ name }) => name)).toEqual(methods);
  });

  it('has each file that another one imports', async () => {
    const asked = new Set<string>();
    const waiting = [FILE];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (asked.has(next)) continue;
      asked.add(next);
      const found = (await files({ fileByFilename: next })).find(({ name }) => name === next);
      expect(found, next).toBeDefined();
      waiting.push(...(found?.dependency ?? []));
    }
    expect(asked.size).toBeGreaterThan(1);
  });

  it('says which symbol it does not know', async () => {
    const { errorResponse } = await reflect(client, { fileContainingSymbol: 'ancloud.media.v1.Nothing' });
    expect(errorResponse?.errorCode).toBe(NOT_FOUND);
  });
});
