import path from 'node:path';
import type { Identity } from '../core/observed.js';

/** Where everything of this host stands. One place, so that "what is left of a phone" can be listed. */
export class Paths {
  constructor(
    readonly stateDir: string,
    readonly runDir: string,
  ) {}

  get images(): string {
    return path.join(this.stateDir, 'images');
  }
  get uploads(): string {
    return path.join(this.stateDir, 'uploads');
  }
  get snapshots(): string {
    return path.join(this.stateDir, 'snapshots');
  }
  get targets(): string {
    return path.join(this.stateDir, 'state');
  }
  get tombstones(): string {
    return path.join(this.stateDir, 'tombstones');
  }
  /** Is there while this host's operator wants no new phones on it. */
  get drained(): string {
    return path.join(this.stateDir, 'drained');
  }
  /** crun's own directory (`--root`): one entry per container. */
  get crun(): string {
    return path.join(this.runDir, 'crun');
  }
  get sockets(): string {
    return path.join(this.runDir, 'sockets');
  }
  get localSocket(): string {
    return path.join(this.sockets, 'ancloud-container.socket');
  }
  get locks(): string {
    return path.join(this.runDir, 'locks');
  }
  /** An empty directory: mount point of what only a child's own mount namespace sees. */
  get sandbox(): string {
    return path.join(this.runDir, 'sandbox');
  }
  /** The phones' doors: the one place in the run directory that another user, session-svc's, looks into. */
  get doors(): string {
    return path.join(this.runDir, 'doors');
  }
  get dnsmasq(): string {
    return path.join(this.runDir, 'dnsmasq');
  }

  imageFile(imageId: string): string {
    return path.join(this.images, `${digestOf(imageId)}.sqfs`);
  }
  imageMeta(imageId: string): string {
    return path.join(this.images, `${digestOf(imageId)}.json`);
  }
  /** Mount point of an image that phones share. */
  imageMount(imageId: string): string {
    return path.join(this.runDir, 'images', digestOf(imageId));
  }
  /** Snapshots with the same content share one file. */
  snapshotFile(sha256: string): string {
    return path.join(this.snapshots, `${sha256}.sqfs`);
  }
  snapshotMeta(snapshotId: string): string {
    return path.join(this.snapshots, `${snapshotId}.json`);
  }
  /** Mount point of a snapshot that phones share. */
  snapshotMount(sha256: string): string {
    return path.join(this.snapshotMounts, sha256);
  }
  get snapshotMounts(): string {
    return path.join(this.runDir, 'snapshots');
  }
  lockFile(phone: string): string {
    return path.join(this.locks, `${phone}.lock`);
  }
  target(phone: string): string {
    return path.join(this.targets, `${phone}.json`);
  }
  tombstone(phone: string): string {
    return path.join(this.tombstones, `${phone}.json`);
  }
  storage(phone: string): Storage {
    const root = path.join(this.stateDir, 'phones', phone);
    const at = (name: string): string => path.join(root, name);
    return {
      root,
      disk: at('disk.ext4'),
      log: at('log'),
      identity: at('identity.json'),
    };
  }
  /** Folders that the phone fills: on the state disk, or on its own disk while that is mounted. */
  files(phone: string, identity: Pick<Identity, 'diskMib'> | undefined): PhoneFiles {
    const root = identity?.diskMib === undefined ? this.storage(phone).root : this.run(phone).disk;
    const at = (name: string): string => path.join(root, name);
    return { data: at('data'), dataWork: at('data-work'), upper: at('upper'), work: at('work') };
  }
  run(phone: string): RunPaths {
    const root = path.join(this.runDir, 'phones', phone);
    const at = (name: string): string => path.join(root, name);
    return {
      root,
      lower: at('lower'),
      rootfs: at('rootfs'),
      data: at('data'),
      dataLower: at('data-lower'),
      disk: at('disk'),
      binder: at('binder'),
      input: at('input'),
      pad: at('pad.json'),
      bundle: at('bundle'),
      config: at('bundle/config.json'),
      cmdline: at('bundle/cmdline'),
      sysctls: at('bundle/sysctl'),
      properties: at('bundle/properties'),
      empty: at('bundle/empty'),
      view: at('view.json'),
      kmsg: at('kmsg'),
      pidFile: at('pid'),
      boot: at('boot.json'),
      last: at('last.json'),
      stop: at('stop.json'),
      started: at('started.json'),
      timing: at('timing.json'),
      shimSocket: at('shim.sock'),
      door: path.join(this.doors, phone),
      shimRecord: at('shim.json'),
      createRecord: at('create.json'),
      exitRecord: at('exit.json'),
      crun: path.join(this.crun, phone),
    };
  }
  /** What the phone sees as /data: the overlay over its snapshot, or the directory itself. */
  data(phone: string, identity: Pick<Identity, 'snapshotId' | 'diskMib'> | undefined): string {
    return identity?.snapshotId === undefined ? this.files(phone, identity).data : this.run(phone).data;
  }
  /** The log of init and console; `.1` beside it is the older part. */
  logFile(phone: string): string {
    return path.join(this.storage(phone).log, 'init.log');
  }
}

/** On the state disk: kept until the phone is removed. */
export interface Storage {
  readonly root: string;
  /** An ext4 in a file, for phones with a disk of their own. */
  readonly disk: string;
  readonly log: string;
  readonly identity: string;
}

/** What a phone fills. */
export interface PhoneFiles {
  /** /data itself, or the upper of its overlay when it lies on a snapshot. */
  readonly data: string;
  /** Work directory of that overlay. */
  readonly dataWork: string;
  readonly upper: string;
  readonly work: string;
}

/** In the run directory: of one boot, except last.json. */
export interface RunPaths {
  readonly root: string;
  readonly lower: string;
  readonly rootfs: string;
  /** The overlay over a snapshot, for data that lies on one. */
  readonly data: string;
  /** The snapshot with the phone's ids. */
  readonly dataLower: string;
  /** The phone's own disk. */
  readonly disk: string;
  /** The phone's binderfs as the host mounts it, for profiles that are given single nodes. */
  readonly binder: string;
  /** What the phone has as /dev/input, and which gamepad is in it. */
  readonly input: string;
  readonly pad: string;
  readonly bundle: string;
  readonly config: string;
  readonly cmdline: string;
  readonly sysctls: string;
  /** What covers the image's property file. */
  readonly properties: string;
  /** A file without content. */
  readonly empty: string;
  /** Whose files stand over the phone's own /proc/meminfo and the like. */
  readonly view: string;
  readonly kmsg: string;
  readonly pidFile: string;
  readonly boot: string;
  readonly last: string;
  readonly stop: string;
  readonly started: string;
  readonly timing: string;
  readonly shimSocket: string;
  /** Where the shim gives out the phone's own sockets. */
  readonly door: string;
  readonly shimRecord: string;
  readonly createRecord: string;
  readonly exitRecord: string;
  readonly crun: string;
}

function digestOf(imageId: string): string {
  return imageId.replace(/^sha256:/, '');
}
