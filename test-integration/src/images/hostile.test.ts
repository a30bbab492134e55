import fs from 'node:fs';
import zlib from 'node:zlib';
import { type Entry, type EntryStream, writeTar } from '@ancloud/android-image';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, NotYet } from '../harness/eventually.js';
import { common, file, ImageHost, run } from './image-host.js';

let images: ImageHost;

beforeAll(async () => {
  images = await ImageHost.start();
});
afterAll(async () => {
  const left = await images?.remove();
  if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
});

async function tar(...entries: Entry[]): Promise<Buffer> {
  async function* stream(): EntryStream {
    yield* entries;
  }
  const parts: Uint8Array[] = [];
  for await (const part of writeTar(stream())) parts.push(part);
  return Buffer.concat(parts);
}

const good = [file('init', '#!/x'), file('system/build.prop', 'ro.build.characteristics=reference-guest\n')];
/** A tar whose first member's name is changed in place, with its checksum. */
function renamed(bytes: Buffer, name: string): Buffer {
  const copy = Buffer.from(bytes);
  copy.fill(0, 0, 100).write(name, 0, 'latin1');
  copy.fill(' ', 148, 156);
  const sum = copy.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  copy.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return copy;
}

/** By Info-ZIP, of files with these contents. */
async function zip(files: Readonly<Record<string, Buffer>>): Promise<Buffer> {
  const folder = fs.mkdtempSync(images.at('zip-'));
  for (const [name, content] of Object.entries(files)) fs.writeFileSync(`${folder}/${name}`, content);
  await run('zip', ['-q', '-r', `${folder}.zip`, '.'], { cwd: folder });
  const bytes = fs.readFileSync(`${folder}.zip`);
  for (const one of [folder, `${folder}.zip`]) fs.rmSync(one, { recursive: true });
  return bytes;
}

describe('a hostile archive is refused, and nothing is left of it', () => {
  const link = (path: string, linkTarget: string): Entry => ({
    ...common,
    path,
    type: 'hardlink',
    linkTarget,
  });

  it.each<[string, () => Promise<Buffer>, RegExp]>([
    [
      'a name that climbs out',
      async () => renamed(await tar(file('a'), ...good), '../../etc/cron.d/x'),
      /'\.\.'/,
    ],
    [
      'a hard link to nothing',
      () => tar(link('l', 'etc/shadow'), ...good),
      /IMAGE_INVALID|etc\/shadow|hard/i,
    ],
    ['an owner that no phone has', () => tar({ ...file('a'), uid: 2 ** 30 }, ...good), /1073741824/],
    [
      'a tar that is cut',
      async () => (await tar(file('big', 'z'.repeat(9_000)), ...good)).subarray(0, 4_096),
      /ends inside|cut off/,
    ],
    ['a gzip that is cut', async () => zlib.gzipSync(await tar(...good)).subarray(0, 60), /unpack|cut/],
    [
      'a bomb',
      async () => Buffer.from(zlib.gzipSync(Buffer.alloc(64 << 20))),
      /bomb|not.*tar|checksum|\/init/,
    ],
    ['a zip without an image', () => zip({ 'readme.txt': Buffer.from('x') }), /no partition image/],
    ['an OTA with a payload', () => zip({ 'payload.bin': Buffer.from('CrAU') }), /payload-dumper/],
    [
      'a zip bomb',
      () => zip({ 'system.img': Buffer.alloc(96 << 20) }),
      /100663296; the limit is 100 .*a bomb/,
    ],
    [
      'a zip with another checksum',
      async () => {
        const bytes = await zip({ 'system.img': Buffer.from('content') });
        bytes.writeUInt8(
          (bytes.at(bytes.indexOf('PK\x01\x02') + 16) ?? 0) ^ 1,
          bytes.indexOf('PK\x01\x02') + 16,
        );
        return bytes;
      },
      /checksum is wrong/,
    ],
    ['no init', () => tar(file('system/build.prop')), /\/init/],
    ['nothing known', async () => Buffer.from('this is no image at all'), /no kind that is known/],
    ['nothing', async () => Buffer.alloc(0), /no kind that is known/],
  ])('%s', async (kind, make, words) => {
    const at = images.at('hostile');
    fs.writeFileSync(at, await make());
    const error = await images.import({ path: at }).then(
      () => undefined,
      (caught: { code: string; message: string }) => caught,
    );
    expect(error, kind).toMatchObject({
      code: 'IMAGE_INVALID',
      message: expect.stringMatching(words) as string,
    });
    await images.nothingLeft();
  });
});

describe('an import under way', () => {
  /** Packs for a while. */
  async function large(): Promise<string> {
    const at = images.at('large.tar');
    await run('tar', ['-C', images.tree, '-cf', at, '.']);
    // Bytes that do not pack, so that there is work for a while.
    const noise = images.at('noise');
    await run('dd', ['if=/dev/urandom', `of=${noise}`, 'bs=1M', 'count=200', 'status=none']);
    await run('tar', ['-C', images.host.imports, '-rf', at, 'noise']);
    fs.rmSync(noise);
    return at;
  }

  it('leaves nothing when the caller goes away, nor when the service is killed', async () => {
    const at = await large();
    const { host } = images;
    const begin = async (): Promise<() => void> => {
      const call = host.phones.importImage({ path: at, profile: 0, name: '', sources: [] });
      const reading = (async () => {
        for await (const { phase } of call) if (phase === 'reading') return;
        throw new Error('the import ended before it was disturbed');
      })();
      // Its end by cancel is not an error of the loop; a killed service is.
      await reading;
      return () => call.cancel();
    };
    (await begin())();
    await eventually(() => {
      if (images.store().length > 0) throw new NotYet(`still there: ${images.store().join(', ')}`);
    });
    await begin();
    await host.restart();
    await images.nothingLeft();
    fs.rmSync(at);
  });
});
