import { describe, expect, it } from 'vitest';
import { kernelCommandLine } from '../oci-config.js';
import { run } from '../run-spec.fixture.js';
import {
  after,
  basics,
  before,
  cgroup,
  configOf,
  devices,
  mounts,
  phone,
  rules,
  staticHost,
  words,
} from './profiles.fixture.js';
import { redroid } from './redroid.js';
import { reference } from './reference.js';

describe('redroid', () => {
  const config = configOf(redroid);

  it('is told everything in argv, and the same in /proc/cmdline', () => {
    expect(words(config).join(' ')).toBe(
      '/init androidboot.hardware=redroid androidboot.ancloud_phone=ph_1 androidboot.redroid_width=720 androidboot.redroid_height=1280 androidboot.redroid_dpi=320 androidboot.redroid_fps=60 androidboot.redroid_gpu_mode=guest androidboot.redroid_net_ndns=1 androidboot.redroid_net_dns1=192.168.240.1 androidboot.use_memfd=true androidboot.my=value',
    );
    expect(kernelCommandLine(redroid, run, phone)).toBe(`${words(config).slice(1).join(' ')}\n`);
  });

  it('has a whole binderfs, and these mounts', () =>
    expect(mounts(config)).toBe(
      `${before}\n${cgroup('rw')}\n${after}\n/dev/binderfs binder binder nosuid,noexec,max=64`,
    ));

  it('has these nodes and no others', () => {
    expect(devices(config)).toEqual([
      '/dev/fuse 10:229 0:0 666',
      '/dev/net/tun 10:200 1000:1016 660',
      '/dev/tun 10:200 1000:1016 660',
      '/dev/dma_heap/system 250:0 1000:1000 444',
    ]);
    expect(rules(config)).toBe(`${basics} +10:229 +10:200 +10:200 +250:0 +234:*`);
  });

  it('shares memory by ashmem where the kernel has no memfd', () => {
    const old = configOf(redroid, { ...phone, sharedMemory: 'ashmem' });
    expect(words(old)).toContain('androidboot.use_memfd=false');
    expect(devices(old)).toContain('/dev/ashmem 10:55 0:0 666');
  });

  it('draws with the render node it was promised', () => {
    const gpu = configOf(redroid, { ...phone, renderNode: 'renderD128' });
    expect(words(gpu)).toContain('androidboot.redroid_gpu_mode=host');
    expect(words(gpu)).toContain('androidboot.redroid_gpu_node=/dev/dri/renderD128');
    expect(devices(gpu)).toContain('/dev/dri/renderD128 226:128 0:1003 666');
    expect(rules(gpu)).toContain('+226:128');
  });

  it('has the nodes of its own set where the kernel has no binderfs', () => {
    const config1 = configOf(redroid, phone, staticHost);
    expect(devices(config1).slice(-3)).toEqual([
      '/dev/binder 10:61 0:0 666',
      '/dev/hwbinder 10:71 0:0 666',
      '/dev/vndbinder 10:81 0:0 666',
    ]);
    expect(rules(config1)).toBe(`${basics} +10:229 +10:200 +10:200 +250:0 +10:61 +10:71 +10:81`);
    expect(mounts(config1)).not.toContain('binderfs');
  });
});

// Its whole config.json, on a kernel without binder, is in oci-config.spec.ts.
describe('reference', () => {
  const config = configOf(reference, { ...phone, base: 268_435_456 });

  it('is told what redroid is told', () => expect(words(config)).toEqual(words(configOf(redroid))));

  it('has a whole binderfs where the kernel has one, in its user namespace, and these mounts', () =>
    expect(mounts(config)).toBe(
      `${before}\n${cgroup('rw')}\n${after}\n/dev/binderfs binder binder nosuid,noexec,max=64`,
    ));

  it('has no nodes of the machine, and opens binder’s', () => {
    expect(devices(config)).toEqual([]);
    expect(rules(config)).toBe(`${basics} +234:*`);
  });

  it('runs without a set of its own where the kernel has static nodes', () => {
    const fixed = configOf(reference, { ...phone, binderSet: 9 }, staticHost);
    expect(mounts(fixed)).toBe(`${before}\n${cgroup('rw')}\n${after}`);
    expect(rules(fixed)).toBe(basics);
  });
});
