import { Profile } from '@ancloud/contracts/common/v1/common';
import { describe, expect, it } from 'vitest';
import { overdue, type Progress, progressOf } from './boot-progress.js';
import { parseBuildProp, traitsOf } from './build-prop.js';
import { parseCapabilities, parseHardLimits } from './capabilities.js';
import { countsAsFailure, endingOf, restartDelay } from './exit.js';
import { parseMountInfo } from './mountinfo.js';
import { criticalService, firstLineAt, lastWords } from './phone-log.js';
import { currentFingerprint, fingerprint, runSpecOf } from './run-spec.js';

describe('build.prop', () => {
  it('is read as init reads it: comments, blanks, first value wins', () => {
    const text = '# c\n\nimport /x\nro.a=1\n ro.b = two words \nro.a=2\n=x\nro.c=a=b\n';
    expect(Object.fromEntries(parseBuildProp(text))).toEqual({
      'ro.a': '1',
      'ro.b': 'two words',
      'ro.c': 'a=b',
    });
  });

  it.each<[string, string, Profile, string, boolean]>([
    [
      'ro.build.characteristics=reference-guest\nro.product.cpu.abilist=x86_64',
      'reference',
      Profile.PROFILE_REFERENCE,
      'x86_64',
      false,
    ],
    [
      'ro.build.characteristics=reference-guest',
      'reference without abi',
      Profile.PROFILE_REFERENCE,
      '',
      false,
    ],
    [
      'ro.product.name=redroid_x86_64\nro.product.cpu.abilist=x86_64,x86,arm64-v8a',
      'redroid',
      Profile.PROFILE_REDROID,
      'x86_64',
      true,
    ],
    [
      'ro.product.vendor.name=redroid_arm64_only\nro.system.product.cpu.abilist=arm64-v8a\nro.system.product.cpu.abilist32=',
      'redroid 64only',
      Profile.PROFILE_REDROID,
      'arm64-v8a',
      false,
    ],
    ['ro.product.device=waydroid_x86_64', 'waydroid', Profile.PROFILE_WAYDROID, '', true],
    ['ro.anbox=1\nro.product.cpu.abi=x86_64', 'anbox', Profile.PROFILE_ANBOX, 'x86_64', true],
    ['ro.product.device=generic', 'unknown', Profile.PROFILE_UNSPECIFIED, '', true],
  ])('%s is %s', (text, _, profile, abi, has32Bit) => {
    expect(traitsOf(parseBuildProp(text))).toMatchObject({ profile, abi, has32Bit });
  });
});

describe('boot progress', () => {
  it.each<[Record<string, string>, string]>([
    [{}, 'none'],
    [{ 'ro.boot.hardware': 'redroid' }, 'init'],
    [{ 'init.svc.zygote': 'running' }, 'zygote'],
    [{ 'init.svc.zygote': 'running', 'sys.system_server.start_count': '1' }, 'system_server'],
    [{ 'init.svc.zygote': 'running', 'init.svc.bootanim': 'stopped' }, 'bootanim_stopped'],
    [{ 'service.bootanim.exit': '1' }, 'bootanim_stopped'],
    [{ 'sys.boot_completed': '1', 'init.svc.bootanim': 'stopped' }, 'completed'],
    [{ 'sys.boot_completed': '0', 'init.svc.zygote': 'running' }, 'zygote'],
  ])('%j is %s', (properties, progress) =>
    expect(progressOf(new Map(Object.entries(properties)))).toBe(progress),
  );

  it('has a limit for init and one for all', () => {
    const limits = { init: 10_000, zygote: 20_000, completed: 100_000 };
    const late = (...of: [Progress, number]): string | undefined => overdue(...of, limits)?.reason;
    expect(late('none', 10_000)).toBeUndefined();
    expect(late('none', 10_001)).toBe('InitTimeout');
    expect(late('init', 10_001)).toBeUndefined();
    expect(late('init', 20_001)).toBe('ZygoteTimeout');
    expect(late('zygote', 20_001)).toBeUndefined();
    expect(late('bootanim_stopped', 100_001)).toBe('BootTimeout');
    expect(late('completed', 1_000_000)).toBeUndefined();
    expect(overdue('init', 20_001, limits)?.message).toBe(
      'init does not run zygote after 20 s; the boot stood at init',
    );
  });
});

describe('the end of pid 1', () => {
  const by = (signal: number | null, exitCode: number | null = null) => ({ signal, exitCode, atMs: 0 });
  it.each([
    [by(2), undefined, 'poweredOff'],
    [by(1), undefined, 'restart'],
    [by(9), undefined, 'crash'],
    [by(null, 0), undefined, 'crash'],
    [by(null), undefined, 'crash'],
    [undefined, undefined, 'crash'],
    [by(2), 'asked', 'asked'],
    [by(9), 'bootTimeout', 'bootTimeout'],
    [by(1), 'reboot', 'reboot'],
    [by(9), 'reboot', 'reboot'],
  ] as const)('%j, asked %s: %s', (exit, asked, ending) => expect(endingOf(exit, asked)).toBe(ending));

  it('waits 1, 2, 4 … 60 s before the next start', () => {
    expect([0, 1, 2, 3, 6, 7, 50].map((count) => restartDelay(count))).toEqual([
      0, 1_000, 2_000, 4_000, 32_000, 60_000, 60_000,
    ]);
  });

  it('counts what nobody wished for', () => {
    expect(countsAsFailure('asked', 0, false)).toBe(false);
    expect(countsAsFailure('reboot', 0, false)).toBe(false);
    expect(countsAsFailure('poweredOff', 60_000, true)).toBe(false);
    expect(countsAsFailure('poweredOff', 0, true)).toBe(true);
    expect(countsAsFailure('crash', 1e9, true)).toBe(true);
    expect(countsAsFailure('restart', 60_000, true)).toBe(false);
    expect(countsAsFailure('restart', 60_000, false)).toBe(true);
    expect(countsAsFailure('restart', 5_000, true)).toBe(true);
  });
});

describe('what the kernel prints', () => {
  it('mountinfo', () => {
    const text =
      '36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n40 1 0:50 / /r rw - overlay overlay rw,lowerdir=/l,upperdir=/u\n\n';
    expect(parseMountInfo(text)).toEqual([
      { id: 36, target: '/mnt 2', type: 'ext3', source: '/dev/root', superOptions: 'rw,errors=continue' },
      {
        id: 40,
        target: '/r',
        type: 'overlay',
        source: 'overlay',
        superOptions: 'rw,lowerdir=/l,upperdir=/u',
      },
    ]);
  });

  it('capabilities: without CAP_SYS_RESOURCE (bit 24)', () => {
    const all = parseCapabilities('CapBnd:\t000001ffffffffff\n');
    const bounded = parseCapabilities('CapInh:\t0000000000000000\nCapBnd:\t000001fffeffffff\n');
    expect(all.size - bounded.size).toBe(1);
    expect(bounded.has('SYS_RESOURCE')).toBe(false);
    expect(bounded.has('CHECKPOINT_RESTORE')).toBe(true);
    expect(parseCapabilities('').size).toBe(0);
  });

  it('limits', () => {
    const text =
      'Limit  Soft Limit  Hard Limit  Units\nMax processes             96000                unlimited            processes\nMax open files            1024                 20000                files\n';
    expect(parseHardLimits(text)).toEqual({ nofile: 20_000, nproc: Infinity });
  });
});

describe('phone-shim’s log', () => {
  const log = `# phone ph_1 boot b0 unixMs 1 boottimeMs 1
1.000000 k <6>init: old
# phone ph_1 boot b1 unixMs 1790000000000 boottimeMs 901234
901.234567 k <6>init: first
901.240001 c printed
# dropped 10 bytes
902.000000 k <3>init: last
`;
  it('tells when pid 1 of this boot wrote first', () => {
    expect(firstLineAt(log, 'b1')).toBeCloseTo(901_234.567, 3);
    expect(firstLineAt(log, 'b0')).toBe(1_000);
    expect(firstLineAt(log, 'b2')).toBeUndefined();
  });

  it.each<[string, string, string | undefined]>([
    ['Android 13', `critical process 'surfaceflinger' exited 4 times in 4 minutes`, 'surfaceflinger'],
    ['a boot', `critical process 'vold' exited 4 times before boot completed`, 'vold'],
    ['another process', `process 'vold' exited 4 times in 4 minutes`, undefined],
  ])('tells the critical service, as init of %s says it', (_, words, service) => {
    const line = `901.500000 k <3>init: ${words}\n901.600000 k <6>init: Reboot start\n`;
    const head = (boot: string): string => `# phone ph_1 boot ${boot} unixMs 1 boottimeMs 1\n`;
    expect(criticalService(line, 'b2')).toBe(service);
    expect(criticalService(`${head('b1')}901.4 k x\n${head('b2')}${line}`, 'b2')).toBe(service);
    // Said in an earlier boot, or by nobody's clock.
    expect(criticalService(`${line}${head('b2')}901.700000 k <6>init: up\n`, 'b2')).toBeUndefined();
    expect(criticalService(`${head('b1')}${line}`, 'b2')).toBeUndefined();
    expect(criticalService(`init: ${words}`, 'b2')).toBeUndefined();
  });

  it('gives the last words without clocks', () => {
    expect(lastWords(log, 2)).toBe('printed | init: last');
    expect(lastWords('')).toBe('');
  });
});

describe('a wish', () => {
  const imageId = `sha256:${'0'.repeat(64)}`;
  const spec = (more: object = {}) => ({
    imageId,
    bootProperties: {},
    labels: {},
    idlePauseMinutes: 0,
    egressAllow: [],
    ports: [],
    gamepad: false,
    ...more,
  });

  it('is filled with defaults', () => {
    expect(runSpecOf(spec())).toEqual({
      run: {
        imageId,
        width: 720,
        height: 1280,
        dpi: 320,
        fps: 60,
        limits: {
          cpuMillis: 2_000,
          cpuWeight: 100,
          memoryMib: 2_048,
          swapMib: 0,
          pids: 4_096,
          ioWeight: 100,
          egressKbit: 0,
          diskMib: 0,
        },
        egressAllow: [],
        ports: [],
        gamepad: false,
        bootProperties: [],
        gpu: '',
      },
    });
  });

  it.each<[object, string]>([
    [{ imageId: 'latest' }, 'spec.image_id'],
    [{ display: { width: 239, height: 0, dpi: 0, fps: 0 } }, 'spec.display.width'],
    [{ display: { width: 0, height: 2_561, dpi: 0, fps: 0 } }, 'spec.display.height'],
    [{ limits: { cpuMillis: 99, memoryMib: 0, pids: 0 } }, 'spec.limits.cpu_millis'],
    [{ limits: { cpuMillis: 0, memoryMib: 127, pids: 0 } }, 'spec.limits.memory_mib'],
    [{ limits: { cpuMillis: 0, memoryMib: 0, pids: 1.5 } }, 'spec.limits.pids'],
    [{ limits: { cpuWeight: 10_001 } }, 'spec.limits.cpu_weight'],
    [{ limits: { swapMib: 65_537 } }, 'spec.limits.swap_mib'],
    [{ limits: { ioWeight: 1_001 } }, 'spec.limits.io_weight'],
    [{ limits: { egressKbit: 63 } }, 'spec.limits.egress_kbit'],
    [{ limits: { diskMib: 63 } }, 'spec.limits.disk_mib'],
    [{ egressAllow: ['10.0.0.0/8', '10.0.0'] }, 'spec.egress_allow'],
    [{ ports: [{ hostPort: 0, phonePort: 1 }] }, 'spec.ports'],
    [{ ports: [1, 2].map((phonePort) => ({ hostPort: 7, phonePort })) }, 'spec.ports'],
    [{ bootProperties: { 'ro.debuggable': '1' } }, 'spec.boot_properties'],
    [{ bootProperties: { 'androidboot.ancloud_phone': 'ph_2' } }, 'spec.boot_properties'],
    [{ bootProperties: { 'androidboot.x': 'a b' } }, 'spec.boot_properties.androidboot.x'],
    [{ labels: { 'ancloud.gpu': '../card0' } }, 'spec.labels.ancloud.gpu'],
  ])('%j has a mistake in %s', (more, field) => {
    expect(runSpecOf(spec(more))).toMatchObject({ mistakes: [{ field }] });
  });

  it('has a fingerprint that changes with all that runs, and with nothing else', () => {
    const of = (more: object): string => {
      const read = runSpecOf(spec(more));
      return 'run' in read ? fingerprint(read.run, true, undefined) : 'mistake';
    };
    expect(of({ labels: { a: 'b' } })).toBe(of({}));
    expect(of({ limits: { cpuMillis: 500, memoryMib: 512, pids: 64 } })).toBe(of({}));
    expect(of({ display: { width: 720, height: 1280, dpi: 320, fps: 60 } })).toBe(of({}));
    expect(of({ display: { width: 721, height: 0, dpi: 0, fps: 0 } })).not.toBe(of({}));
    expect(of({ bootProperties: { 'androidboot.b': '1', 'androidboot.a': '2' } })).toBe(
      of({ bootProperties: { 'androidboot.a': '2', 'androidboot.b': '1' } }),
    );
  });

  it.each([[], ['renderD128']])(
    'is adopted from a container-svc whose fingerprints held the limits (gpu %s)',
    (...gpu) => {
      const read = runSpecOf(spec());
      if (!('run' in read)) throw new Error('the spec has mistakes');
      const now = fingerprint(read.run, true, gpu[0]);
      const old = JSON.stringify([imageId, 720, 1280, 320, 60, 2000, 2048, 4096, [], true, ...gpu]);
      expect(currentFingerprint(old)).toBe(now);
      expect(currentFingerprint(now)).toBe(now);
      expect(currentFingerprint('not JSON')).toBe('not JSON');
    },
  );
});
