import type { Farm } from './farm.js';
import { initPidOf, type ProcessLine, processes } from './processes.js';

/** Pids of a phone's scrcpy servers: those with video, or those for control alone. */
export function scrcpyServers(farm: Farm, phoneId: string, video: boolean): number[] {
  return serversOf(farm, phoneId, video).map(({ pid }) => pid);
}

function serversOf(farm: Farm, phoneId: string, video: boolean): ProcessLine[] {
  const all = processes();
  const parents = new Map(all.map(({ pid, parent }) => [pid, parent]));
  const init = initPidOf(farm.address, phoneId);
  const inPhone = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at))
      if (at === init) return true;
    return false;
  };
  return all.filter(
    ({ pid, line }) =>
      // The server itself and not the shell that started it.
      /^app_process.* com\.genymobile\.scrcpy\.Server /.test(line.replace(/^\S*\//, '')) &&
      line.includes('video=false') !== video &&
      inPhone(pid),
  );
}

export const videoServers = (farm: Farm, phoneId: string): number[] => scrcpyServers(farm, phoneId, true);

/** Which pictures a phone encodes, of one whose own picture has no greatest size. */
export const layersEncoded = (farm: Farm, phoneId: string): string[] =>
  serversOf(farm, phoneId, true)
    .map(({ line }) => (line.includes(' max_size=') ? 'low' : 'main'))
    .toSorted();
