import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { command, end } from './command.js';
import { Kmsg } from './kmsg.js';

interface Config {
  root: { path: string };
  mounts: { destination: string; source: string }[];
  linux: {
    namespaces: { type: string }[];
    cgroupsPath: string;
    uidMappings?: unknown;
    gidMappings?: unknown;
  };
}

/**
 * Bare `crun run` of the guest's files: the phone's own configuration without its user namespace, an overlay that stands
 * before the clock starts, an empty network namespace. The floor for anything that uses crun.
 */
export class CrunPeer {
  readonly #folder: string;
  readonly #lower: string;
  #number = 0;

  constructor(folder: string, lower: string) {
    this.#folder = folder;
    this.#lower = lower;
  }

  /** ms from starting `crun run` to init's first line. @param phoneConfig config.json of a phone that runs. */
  async firstLineMs(phoneConfig: string): Promise<number> {
    const name = `ancloud-bench-${process.pid}-${(this.#number += 1)}`;
    const bundle = path.join(this.#folder, name);
    const at = (entry: string): string => path.join(bundle, entry);
    for (const entry of ['upper', 'work', 'root', 'data']) fs.mkdirSync(at(entry), { recursive: true });
    const kmsg = new Kmsg(at('kmsg'));
    this.#writeConfig(phoneConfig, bundle, name);
    const layers = `lowerdir=${this.#lower},upperdir=${at('upper')},workdir=${at('work')}`;
    await command(['mount', '-t', 'overlay', '-o', layers, 'overlay', at('root')]);
    try {
      return await this.#run(bundle, name, kmsg);
    } finally {
      kmsg.close();
      await command(['umount', at('root')]);
      fs.rmSync(bundle, { recursive: true, force: true });
    }
  }

  async #run(bundle: string, name: string, kmsg: Kmsg): Promise<number> {
    const crun = [
      'crun',
      '--root',
      path.join(this.#folder, 'state'),
      '--cgroup-manager',
      'cgroupfs',
    ] as const;
    // crun refuses a host with both cgroup versions: the second one is out of its sight.
    const hidden = secondCgroupMounts();
    const argv = [...crun, 'run', '--bundle', bundle, name];
    const [file, ...args] =
      hidden.length === 0
        ? argv
        : [
            'unshare',
            '--mount',
            'sh',
            '-c',
            'umount $1 && shift && exec "$@"',
            'sh',
            hidden.join(' '),
            ...argv,
          ];
    const began = performance.now();
    const child = spawn(file ?? 'crun', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let words = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (words += text));
    const died = new Promise<never>((_, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`crun run ended with ${code}: ${words.trim()}`)));
    });
    try {
      return (await Promise.race([kmsg.firstLine(), died])) - began;
    } finally {
      died.catch(() => undefined);
      // Of a container that could not be made there is nothing to delete, and that error is the one to hear.
      await command([...crun, 'delete', '--force', name]).catch(() => undefined);
      await end(child);
    }
  }

  #writeConfig(phoneConfig: string, bundle: string, name: string): void {
    const config = JSON.parse(fs.readFileSync(phoneConfig, 'utf8')) as Config;
    config.root.path = path.join(bundle, 'root');
    // Its last part alone is removed by crun.
    config.linux.cgroupsPath = `/${name}`;
    config.linux.namespaces = config.linux.namespaces.filter(({ type }) => type !== 'user');
    delete config.linux.uidMappings;
    delete config.linux.gidMappings;
    for (const mount of config.mounts) {
      if (mount.destination === '/data') mount.source = path.join(bundle, 'data');
      if (mount.destination === '/dev/kmsg') mount.source = path.join(bundle, 'kmsg');
    }
    fs.writeFileSync(path.join(bundle, 'config.json'), JSON.stringify(config));
  }
}

/** Where cgroup v2 is mounted beside v1. */
function secondCgroupMounts(): string[] {
  const mounts = fs
    .readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' '));
  const of = (type: string): string[][] =>
    mounts.filter((fields) => fields[fields.indexOf('-') + 1] === type);
  if (of('cgroup').length === 0) return [];
  return of('cgroup2').flatMap((fields) => fields[4] ?? []);
}
