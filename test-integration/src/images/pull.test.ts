import fs from 'node:fs';
import { ImportImageRequest } from '@ancloud/contracts/container/v1/container';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Registry } from '../harness/registry.js';
import { ImageHost, ociLayout } from './image-host.js';

let images: ImageHost;
let registry: Registry;
let layout: string;

beforeAll(async () => {
  images = await ImageHost.start();
  layout = images.at('oci');
  await ociLayout(layout, images.tree);
  registry = await Registry.start(layout);
  await images.host.restart({ ANCLOUD_INSECURE_REGISTRIES: registry.address });
});
afterEach(() => void (registry.tamper = (_, bytes) => bytes));
afterAll(async () => {
  await registry?.stop();
  const left = await images?.remove();
  if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
});

const pull = (name: string, at = registry.address) =>
  images.import({
    sources: [{ source: { $case: 'reference', value: `docker://${at}/${name}` }, sha256: '' }],
  });

it('an image is pulled from a registry, and is the one that its layout gives', async () => {
  const { image, progress } = await pull('example/guest:guest');
  expect(image).toMatchObject({ source: 'oci', name: 'guest:guest' });
  expect(progress.map(({ phase }) => phase)).toEqual(
    expect.arrayContaining(['pulling', 'reading', 'done']) as string[],
  );
  expect((await images.import({ path: layout })).image.imageId).toBe(image.imageId);
  await images.host.phones.removeImage({ imageId: image.imageId });
  await images.nothingLeft();
});

it.each<[string, string, RegExp]>([
  ['a tag that is not there', 'example/guest:other', /manifest unknown/],
  ['a digest that is not there', `example/guest@sha256:${'0'.repeat(64)}`, /manifest unknown|404/],
])('%s is refused in the registry’s words', async (_, name, words) => {
  await expect(pull(name)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(words) as string,
  });
  await images.nothingLeft();
});

it('a blob that is not what its digest says is refused', async () => {
  registry.tamper = (_, bytes) =>
    Buffer.from(bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte)));
  await expect(pull('example/guest:guest')).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(/digest|invalid|checksum/i) as string,
  });
  await images.nothingLeft();
});

it('a registry that was not named as insecure is asked for TLS', async () => {
  const other = await Registry.start(layout);
  try {
    await expect(pull('example/guest:guest', other.address)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/HTTP response to HTTPS client/) as string,
    });
  } finally {
    await other.stop();
  }
  await images.nothingLeft();
});

it('a pull that stands still ends with its caller, and so does skopeo', async () => {
  let asked = (): void => {};
  const hanging = new Promise<void>((resolve) => (asked = resolve));
  registry.tamper = () => {
    asked();
    return 'hang';
  };
  const call = new AbortController();
  const source = { $case: 'reference' as const, value: `docker://${registry.address}/example/guest:guest` };
  const request = ImportImageRequest.fromPartial({ sources: [{ source }] });
  const ended = (async () => {
    for await (const _ of images.host.phones.importImage(request, { signal: call.signal }));
  })();
  await hanging;
  call.abort();
  await expect(ended).rejects.toMatchObject({ code: 'CANCELLED' });
  await images.nothingLeft();
});

it('what is no reference is refused before anything is asked', async () => {
  for (const value of ['oci:/etc', 'docker://', 'docker://a b/c', 'docker-archive:/etc/shadow'])
    await expect(
      images.import({ sources: [{ source: { $case: 'reference', value }, sha256: '' }] }),
    ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  expect(fs.existsSync(layout)).toBe(true);
});
