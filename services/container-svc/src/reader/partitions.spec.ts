import { expect, it } from 'vitest';
import { partOf } from './partitions.js';

it.each<[string, ReturnType<typeof partOf>]>([
  ['system.img', 'system'],
  ['system_a.img', 'system'],
  ['system_b.img', undefined],
  ['vendor.img', 'vendor'],
  ['init_boot.img', 'ramdisk'],
  ['ramdisk.img', 'ramdisk'],
  ['super.img', 'super'],
  ['userdata.img', undefined],
  ['system.tar', undefined],
])('%s is %s', (name, part) => {
  expect(partOf(name)).toBe(part);
});
