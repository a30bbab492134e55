import { describe, expect, it } from 'vitest';
import { SANDBOX_UID, type SandboxOptions, sandboxArgv } from './sandbox.js';

const options: SandboxOptions = { root: '/r', fileBytes: 1_000, cpuSeconds: 60 };
/** The words behind the script: its own arguments, and what it enters. */
function entered(over: Partial<SandboxOptions>): string {
  const argv = sandboxArgv({ ...options, ...over }, ['true', 'x']);
  return argv.slice(argv.indexOf('sandbox')).join(' ');
}

describe('sandboxArgv', () => {
  it('takes every right, namespaces of its own, and dies with us twice over', () => {
    const argv = sandboxArgv(options, ['true']);
    expect(argv.slice(0, argv.indexOf('sh')).join(' ')).toBe(
      'setpriv --pdeathsig KILL nice -n 5 unshare --mount --ipc --uts --pid --net --fork --kill-child=KILL --propagation private',
    );
    expect(argv.slice(argv.indexOf('prlimit')).join(' ')).toBe(
      'prlimit --core=0 --fsize=1000 --cpu=60 --nproc=4096 setpriv --reuid=268435454 --regid=268435454 --clear-groups ' +
        '--no-new-privs --pdeathsig KILL --inh-caps=-all --ambient-caps=-all --bounding-set=-all true',
    );
    expect(SANDBOX_UID).toBeLessThan(2 ** 28);
  });

  it.each<[string, Partial<SandboxOptions>, RegExp]>([
    ['nothing', {}, /^sandbox \/r {7}prlimit.* true x$/],
    [
      'a directory',
      { source: { kind: 'directory', path: '/s' } },
      /^sandbox \/r {3}directory \/s {3}prlimit/,
    ],
    ['a folder to work in', { work: '/w' }, /^sandbox \/r {5}\/w {2}prlimit/],
    ['a program of ours', { node: { app: '/a', program: '/n' } }, /^sandbox \/r \/a \/n {5}prlimit/],
    ['the network', { network: true }, /^sandbox \/r {6}network prlimit/],
    ['a tree of many owners', { readsAll: true }, /--ambient-caps=-all,\+dac_read_search/],
  ])('%s', (_, over, words) => {
    expect(entered(over)).toMatch(words);
  });

  it('has the network only for what pulls', () => {
    expect(sandboxArgv(options, [])).toContain('--net');
    expect(sandboxArgv({ ...options, network: true }, [])).not.toContain('--net');
  });
});
