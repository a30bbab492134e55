import { PhoneSpec } from '@ancloud/contracts/common/v1/common';
import { describe, expect, it } from 'vitest';
import { checkSpec, nameMistake } from './spec.js';

type Given = Record<string, unknown>;
const mistake = (given: Given): string | undefined => {
  const checked = checkSpec(PhoneSpec.fromPartial(given as Parameters<typeof PhoneSpec.fromPartial>[0]));
  return 'mistake' in checked ? checked.mistake.field : undefined;
};
const many = (count: number, prefix: string): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index}`, 'v']));

describe('checkSpec', () => {
  it('fills in every default', () => {
    expect(checkSpec(undefined)).toEqual({
      spec: {
        imageId: '',
        display: { width: 720, height: 1280, dpi: 320, fps: 60 },
        limits: {
          cpuMillis: 2000,
          memoryMib: 2048,
          pids: 4096,
          cpuWeight: 100,
          swapMib: 0,
          ioWeight: 100,
          egressKbit: 0,
          diskMib: 0,
        },
        bootProperties: {},
        labels: {},
        idlePauseMinutes: 0,
        egressAllow: [],
        ports: [],
        gamepad: false,
        encoder: { bitRate: 4_000_000, maxFps: 60, maxSize: 0 },
      },
    });
  });

  it.each<[string, Given, string | undefined]>([
    ['the smallest screen', { display: { width: 240, height: 240, dpi: 80, fps: 1 } }, undefined],
    ['the largest screen', { display: { width: 2560, height: 2560, dpi: 640, fps: 120 } }, undefined],
    ['too narrow', { display: { width: 239 } }, 'spec.display.width'],
    ['too high', { display: { height: 2561 } }, 'spec.display.height'],
    ['the smallest picture', { encoder: { bitRate: 100_000, maxFps: 1, maxSize: 180 } }, undefined],
    ['the largest picture', { encoder: { bitRate: 50_000_000, maxFps: 120, maxSize: 2560 } }, undefined],
    ['too few bits', { encoder: { bitRate: 99_999 } }, 'spec.encoder.bitRate'],
    ['too many pictures', { encoder: { maxFps: 121 } }, 'spec.encoder.maxFps'],
    ['too small a picture', { encoder: { maxSize: 179 } }, 'spec.encoder.maxSize'],
    ['half a pixel', { display: { width: 300.5 } }, 'spec.display.width'],
    ['not a number', { display: { fps: Number.NaN } }, 'spec.display.fps'],
    ['negative', { limits: { pids: -1 } }, 'spec.limits.pids'],
    ['a name for an image', { imageId: 'android-15' }, 'spec.imageId'],
    ['a path for an image', { imageId: `sha256:${'/'.repeat(64)}` }, 'spec.imageId'],
    ['a property with a blank', { bootProperties: { 'androidboot.a b': 'x' } }, 'spec.bootProperties'],
    ['a foreign property', { bootProperties: { 'ro.secure': '0' } }, 'spec.bootProperties'],
    [
      "the farm's own property",
      { bootProperties: { 'androidboot.ancloud_phone': 'x' } },
      'spec.bootProperties',
    ],
    ['two words', { bootProperties: { 'androidboot.x': 'a b' } }, "spec.bootProperties['androidboot.x']"],
    ['a quote', { bootProperties: { 'androidboot.x': 'a"b' } }, "spec.bootProperties['androidboot.x']"],
    ['a second =', { bootProperties: { 'androidboot.x': 'a=b' } }, "spec.bootProperties['androidboot.x']"],
    ['a tab', { bootProperties: { 'androidboot.x': 'a\tb' } }, "spec.bootProperties['androidboot.x']"],
    ['a NUL', { bootProperties: { 'androidboot.x': '\0' } }, "spec.bootProperties['androidboot.x']"],
    ['an umlaut', { bootProperties: { 'androidboot.x': 'ü' } }, "spec.bootProperties['androidboot.x']"],
    ['91 characters', { bootProperties: { 'androidboot.x': 'y'.repeat(91) } }, undefined],
    [
      '92 characters',
      { bootProperties: { 'androidboot.x': 'y'.repeat(92) } },
      "spec.bootProperties['androidboot.x']",
    ],
    ['a GPU by name', { labels: { 'ancloud.gpu': 'renderD128' } }, undefined],
    ['any GPU', { labels: { 'ancloud.gpu': 'any' } }, undefined],
    ['a path for a GPU', { labels: { 'ancloud.gpu': '/dev/mem' } }, "spec.labels['ancloud.gpu']"],
    ['32 properties', { bootProperties: many(32, 'androidboot.p') }, undefined],
    ['33 properties', { bootProperties: many(33, 'androidboot.p') }, 'spec.bootProperties'],
    ['a pause after a week', { idlePauseMinutes: 10_080 }, undefined],
    ['a pause after more', { idlePauseMinutes: 10_081 }, 'spec.idlePauseMinutes'],
    ['networks', { egressAllow: ['0.0.0.0/0', '192.0.2.255', '10.0.0.0/8'] }, undefined],
    ['an octet beyond 255', { egressAllow: ['192.0.2.256'] }, 'spec.egressAllow'],
    ['a prefix beyond 32', { egressAllow: ['10.0.0.0/33'] }, 'spec.egressAllow'],
    [
      'ports',
      {
        ports: [
          { hostPort: 1, phonePort: 65_535 },
          { hostPort: 1, phonePort: 1, protocol: 2 },
        ],
      },
      undefined,
    ],
    ['no port of the host', { ports: [{ hostPort: 0, phonePort: 1 }] }, 'spec.ports[0].hostPort'],
    ['a port beyond 65535', { ports: [{ hostPort: 1, phonePort: 65_536 }] }, 'spec.ports[0].phonePort'],
    [
      'an unknown protocol',
      { ports: [{ hostPort: 1, phonePort: 1, protocol: 9 }] },
      'spec.ports[0].protocol',
    ],
    [
      'one port twice',
      {
        ports: [
          { hostPort: 7, phonePort: 1 },
          { hostPort: 7, phonePort: 2, protocol: 1 },
        ],
      },
      'spec.ports[1].hostPort',
    ],
    [
      'too many ports',
      { ports: Array.from({ length: 17 }, (_, index) => ({ hostPort: index + 1, phonePort: 1 })) },
      'spec.ports',
    ],
    ['a name for a network', { egressAllow: ['example.org'] }, 'spec.egressAllow'],
    ['too many networks', { egressAllow: Array.from({ length: 65 }, () => '10.0.0.1') }, 'spec.egressAllow'],
    ['32 labels', { labels: many(32, 'l') }, undefined],
    ['33 labels', { labels: many(33, 'l') }, 'spec.labels'],
    ['a label without a key', { labels: { '': 'x' } }, 'spec.labels'],
    ['a long label', { labels: { team: 'x'.repeat(256) } }, "spec.labels['team']"],
  ])('%s', (_, given, field) => expect(mistake(given)).toBe(field));
});

describe('nameMistake', () => {
  it.each(['', 'büro 7', 'x'.repeat(63), '📱'.repeat(63)])("takes '%s'", (name) =>
    expect(nameMistake(name)).toBeUndefined(),
  );
  it.each(['x'.repeat(64), ' padded', 'a\nb', '\u001b[31mred', 'zero\u200bwidth'])('refuses %j', (name) =>
    expect(nameMistake(name)?.field).toBe('name'),
  );
});
