import fs from 'node:fs';
import path from 'node:path';

/** Where the kernel's cgroup hierarchies are mounted. */
const CGROUPS = '/sys/fs/cgroup';
const WAIT_MS = 5_000;

/**
 * Ends every phone of a host and removes its cgroups. Only for a host that is a container and stops: its phones die with
 * it in any case, but their cgroups lie in the machine's hierarchy, where nobody else would remove them.
 */
export async function endPhones(hostId: string): Promise<void> {
  const roots = [CGROUPS, ...folders(CGROUPS)]
    .map((hierarchy) => path.join(hierarchy, `ancloud-${hostId}`))
    .filter((folder) => fs.existsSync(folder));
  const deadline = Date.now() + WAIT_MS;
  while (roots.some((root) => !removed(root)) && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 50));
}

/** Leaves first: kills what is inside, then the folder. False while somebody is still dying in there. */
function removed(folder: string): boolean {
  if (!fs.existsSync(folder)) return true;
  thaw(folder);
  for (const child of folders(folder)) removed(child);
  for (const pid of pids(folder)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself meanwhile.
    }
  }
  try {
    fs.rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

/** A paused phone would not even be killed, where cgroup v1 froze it. */
function thaw(folder: string): void {
  for (const [file, word] of [
    ['freezer.state', 'THAWED'],
    ['cgroup.freeze', '0'],
  ] as const) {
    const at = path.join(folder, file);
    if (fs.existsSync(at)) fs.writeFileSync(at, word);
  }
}

function folders(folder: string): string[] {
  try {
    return fs
      .readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => path.join(folder, entry.name));
  } catch {
    return [];
  }
}

function pids(folder: string): number[] {
  try {
    // 0 is a process of another pid namespace: not ours to end.
    return fs
      .readFileSync(path.join(folder, 'cgroup.procs'), 'latin1')
      .split('\n')
      .map(Number)
      .filter(Boolean);
  } catch {
    return [];
  }
}
