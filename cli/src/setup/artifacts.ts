import fs from 'node:fs';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { AppError } from '@ancloud/kit/errors';
import type { Layout } from '../layout.js';
import type { Output } from '../output.js';
import { runScript } from './run.js';

/** What a farm needs that npm does not bring. Each is built by its own script, cached by content hash. */
export interface Artifacts {
  readonly mediasoupWorker: string;
  readonly natsServer: string;
  readonly redisServer: string;
  readonly shim: string;
  readonly hostcap: string;
  /** The reference guest's squashfs. */
  readonly guest: string;
}

const script = (layout: Layout, name: string): string => path.join(layout.root, name);

/** Builds or finds all of them. Seconds when cached, minutes on a fresh machine; each long step says so. */
export async function prepareArtifacts(layout: Layout, output: Output): Promise<Artifacts> {
  const native = await nativePrograms(layout);
  const natsServer = await runScript([script(layout, 'tools/nats/get.sh')], {
    cwd: layout.root,
    fix: 'install a nats-server of at least 2.10.23 and put it on PATH',
  });
  return {
    ...native,
    natsServer,
    redisServer: redisServer(layout),
    mediasoupWorker: await mediasoupWorker(layout, output),
    guest: await guestImage(layout),
  };
}

/** phone-shim and ancloud-hostcap: small static C programs. */
export async function nativePrograms(layout: Layout): Promise<{ shim: string; hostcap: string }> {
  const folder = path.join(layout.root, 'services/container-svc');
  await runScript([path.join(folder, 'build-native.sh')], {
    cwd: layout.root,
    fix: 'install gcc, make and libc6-dev',
  });
  return {
    shim: path.join(folder, 'shim/out/phone-shim'),
    hostcap: path.join(folder, 'native/out/ancloud-hostcap'),
  };
}

export async function guestImage(layout: Layout): Promise<string> {
  return runScript([script(layout, 'guest/build.sh')], {
    cwd: layout.root,
    fix: 'read the lines above; guest/README.md tells what the build needs',
  });
}

/**
 * The worker: with internet mediasoup's own prebuilt binary, else built against this system's libraries.
 * mediasoup's download runs by its own script, with a limit (a machine without internet may drop packets silently) and
 * without a Python, so that its fallback (a build which downloads more) ends at once.
 */
export async function mediasoupWorker(layout: Layout, output: Output): Promise<string> {
  const build = script(layout, 'tools/mediasoup-worker/build.sh');
  const installed = path.join(layout.root, 'node_modules/mediasoup');
  const tried = path.join(layout.root, 'node_modules/.ancloud-worker-download');
  if (process.env['MEDIASOUP_WORKER_BIN'] === undefined && !fs.existsSync(tried) && !cachedWorker(layout)) {
    output.step("asking for mediasoup's prebuilt worker (20 s at most)");
    spawnSync(process.execPath, ['npm-scripts.mjs', 'postinstall'], {
      cwd: installed,
      env: { ...process.env, PYTHON: '/bin/false' },
      timeout: 20_000,
      killSignal: 'SIGKILL',
      stdio: 'ignore',
    });
    fs.writeFileSync(tried, '');
  }
  return runScript([build], {
    cwd: layout.root,
    fix: 'tools/mediasoup-worker/README.md; or set MEDIASOUP_WORKER_BIN to a worker of the same version',
  });
}

function cachedWorker(layout: Layout): boolean {
  return fs.existsSync(path.join(layout.cache, 'mediasoup-worker'));
}

/**
 * Debian's redis-server package starts a service on installation; the binary itself is redis-check-rdb of redis-tools,
 * which serves when called by the name redis-server (src/server.c, main()). So a link of that name is enough.
 */
function redisServer(layout: Layout): string {
  const onPath = spawnSync('sh', ['-c', 'command -v redis-server'], { encoding: 'utf8' }).stdout.trim();
  if (onPath !== '') return onPath;
  const check = spawnSync('sh', ['-c', 'command -v redis-check-rdb'], { encoding: 'utf8' }).stdout.trim();
  if (check === '') {
    throw new AppError('EXEC_FAILED', 'there is no redis-server on this machine', {
      field: 'redis-server',
      fix: 'as root: apt-get install redis-tools (or redis-server)',
    });
  }
  const link = path.join(layout.cache, 'bin/redis-server');
  fs.mkdirSync(path.dirname(link), { recursive: true });
  fs.rmSync(link, { force: true });
  fs.symlinkSync(check, link);
  return link;
}
