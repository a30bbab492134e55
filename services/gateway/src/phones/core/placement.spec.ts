import { PhoneSpec, PortProtocol, Profile } from '@ancloud/contracts/common/v1/common';
import { HostRecord, ImageRecord } from '@ancloud/contracts/state/v1/state';
import { describe, expect, it } from 'vitest';
import { portsRefusal } from './host-ports.js';
import { choose, defaultImage, explain, imagesOf, padless, type Candidate } from './placement.js';

const sha = (digit: string): string => `sha256:${digit.repeat(64)}`;
const image = (digit: string, profile = Profile.PROFILE_REFERENCE, importedAtMs = 1): ImageRecord =>
  ImageRecord.fromPartial({ imageId: sha(digit), profile, importedAtMs, users: 1 });

function host(hostId: string, over: Partial<HostRecord> = {}): HostRecord {
  return HostRecord.fromPartial({
    hostId,
    capacity: 4,
    memoryMib: 8192,
    schedulable: true,
    images: [image('a')],
    profiles: [Profile.PROFILE_REFERENCE],
    ...over,
  });
}
const at = (record: HostRecord, reserved: number): Candidate => ({ host: record, reserved });
const spec = PhoneSpec.fromPartial({ imageId: sha('a'), limits: { memoryMib: 2048 } });

describe('choose', () => {
  it('takes the least loaded host by share, not by count', () => {
    const small = at(host('small', { capacity: 4 }), 2);
    const large = at(host('large', { capacity: 100 }), 10);
    expect(choose(spec, [small, large]).hostIds).toEqual(['large', 'small']);
  });

  it('breaks ties by id, whatever the order of the facts', () => {
    const list = [at(host('c'), 1), at(host('a'), 1), at(host('b'), 1)];
    expect(choose(spec, list).hostIds).toEqual(['a', 'b', 'c']);
    expect(choose(spec, list.toReversed()).hostIds).toEqual(['a', 'b', 'c']);
  });

  it.each<[string, Candidate, string]>([
    ['drained', at(host('h', { schedulable: false }), 0), 'draining'],
    ['without the image', at(host('h', { images: [image('b')] }), 0), 'no-image'],
    [
      'without binder',
      at(host('h', { images: [image('a', Profile.PROFILE_REDROID)] }), 0),
      'profile-not-runnable',
    ],
    [
      'with vsock in reach of the image',
      at(
        host('h', {
          images: [{ ...image('a'), refusal: 'VsockExposed', refusalMessage: 'this host has vsock' }],
        }),
        0,
      ),
      'image-refused',
    ],
    ['full', at(host('h'), 4), 'full'],
    ['over-full', at(host('h'), 9), 'full'],
    ['of capacity 0', at(host('h', { capacity: 0 }), 0), 'full'],
    ['too small', at(host('h', { memoryMib: 1024 }), 0), 'too-small'],
  ])('refuses a host that is %s', (_, candidate, why) => {
    const choice = choose(spec, [candidate]);
    expect(choice.hostIds).toEqual([]);
    expect(choice.refused).toMatchObject([{ hostId: 'h', why }]);
    expect(explain(choice)).toContain('h ');
  });

  it('says in the host’s own words why it refuses an image', () => {
    const images = [{ ...image('a'), refusal: 'SelinuxRefuses', refusalMessage: 'SELinux is enforcing' }];
    expect(explain(choose(spec, [at(host('h', { images }), 0)]))).toBe(
      'h cannot run the image (SelinuxRefuses: SELinux is enforcing)',
    );
  });

  it('gives a GPU only where the operator offers it', () => {
    const wish = (gpu: string) => ({ ...spec, labels: { 'ancloud.gpu': gpu } });
    const hosts = [
      at(host('none'), 0),
      at(host('one', { labels: { 'ancloud.gpu': 'renderD128' } }), 0),
      at(host('two', { labels: { 'ancloud.gpu': 'renderD128:renderD129' } }), 0),
    ];
    expect(choose(wish('any'), hosts).hostIds).toEqual(['one', 'two']);
    expect(choose(wish('renderD129'), hosts)).toMatchObject({
      hostIds: ['two'],
      refused: [
        { hostId: 'none', why: 'no-gpu' },
        { hostId: 'one', why: 'no-gpu' },
      ],
    });
    expect(choose(spec, hosts).hostIds).toHaveLength(3);
  });

  it('gives a gamepad only where there is uinput, and tells hosts that lack just that', () => {
    const wish = { ...spec, gamepad: true };
    const without = at(host('without'), 0);
    const imageless = at(host('imageless', { images: [] }), 0);
    const able = at(host('able', { gamepads: true }), 3);
    expect(choose(wish, [without, able]).hostIds).toEqual(['able']);
    expect(choose(spec, [without, able]).hostIds).toHaveLength(2);
    expect(padless(choose(wish, [without, imageless]))).toEqual(['without']);
    expect(padless(choose(wish, [imageless]))).toEqual([]);
    expect(padless(choose(wish, [without, at(host('full', { gamepads: true }), 4)]))).toEqual([]);
  });

  it('says so when there is no host at all', () => {
    expect(explain(choose(spec, []))).toBe('no host is connected to the farm');
  });

  it('names five hosts and counts the rest', () => {
    const many = Array.from({ length: 8 }, (_, index) => at(host(`h${index}`), 4));
    expect(explain(choose(spec, many))).toMatch(/h4 is full and 3 more hosts cannot$/);
  });
});

describe('imagesOf', () => {
  it('lists an image once with all its hosts and users, newest first', () => {
    const images = imagesOf([
      host('h2', { images: [image('a'), image('b', Profile.PROFILE_REDROID, 9)] }),
      host('h1'),
    ]);
    expect(images.map((one) => [one.image.imageId, one.hostIds, one.image.users])).toEqual([
      [sha('b'), ['h2'], 1],
      [sha('a'), ['h1', 'h2'], 2],
    ]);
  });
});

describe('defaultImage', () => {
  it('is the only one', () => expect(defaultImage([host('h1'), host('h2')])).toEqual({ imageId: sha('a') }));
  it('is the newest of several reference guests', () => {
    const images = [image('a'), image('b', Profile.PROFILE_REFERENCE, 7)];
    expect(defaultImage([host('h', { images })])).toEqual({ imageId: sha('b') });
  });
  it('is nobody’s choice between families', () => {
    const images = [image('a'), image('b', Profile.PROFILE_REDROID, 7)];
    expect(defaultImage([host('h', { images })])).toEqual({
      problem: 'several',
      imageIds: [sha('b'), sha('a')],
    });
  });
  it('does not exist on an empty farm', () => expect(defaultImage([])).toEqual({ problem: 'none' }));
});

describe('ports of the host', () => {
  const TCP = PortProtocol.PORT_PROTOCOL_TCP;
  const wished = [{ hostPort: 20_001, phonePort: 5_555, protocol: TCP }];
  const taken = [{ phoneId: 'ph_1', hostPort: 20_001, protocol: TCP }];
  const range = { first: 20_000, last: 20_999, taken: [] };
  it.each<[string, HostRecord['publicPorts'], string | undefined, string | undefined]>([
    ['it gives', range, undefined, undefined],
    ['it gives none', undefined, undefined, 'port-refused'],
    ['it gives others', { ...range, last: 20_000 }, undefined, 'port-refused'],
    ['it has given to another', { ...range, taken }, undefined, 'port-taken'],
    ['it has given to this one', { ...range, taken }, 'ph_1', undefined],
    [
      'it has given for UDP',
      { ...range, taken: [{ ...taken[0], phoneId: 'ph_1', hostPort: 20_001, protocol: 2 }] },
      undefined,
      undefined,
    ],
  ])('%s', (_, publicPorts, phoneId, why) =>
    expect(portsRefusal(wished, { publicPorts }, phoneId)?.why).toBe(why),
  );

  it('keep a phone from a host that does not give them', () => {
    const choice = choose({ ...spec, ports: wished }, [
      at(host('a'), 0),
      at(host('b', { publicPorts: range }), 3),
    ]);
    expect(choice.hostIds).toEqual(['b']);
    expect(explain(choice)).toContain('a does not give phones the port');
  });
});
