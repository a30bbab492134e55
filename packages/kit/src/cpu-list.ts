/**
 * The CPUs of a list such as `0-2,5`, ascending, each once (kernel Documentation/admin-guide/cgroup-v2.rst, cpuset.cpus; proc(5),
 * Cpus_allowed_list). Undefined for what is no list; an empty one has none.
 */
export function parseCpuList(list: string): number[] | undefined {
  const text = list.trim();
  if (text === '') return [];
  const cpus = new Set<number>();
  for (const part of text.split(',')) {
    const [, first = '', last = first] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part) ?? [];
    if (first === '' || Number(first) > Number(last)) return undefined;
    for (let cpu = Number(first); cpu <= Number(last); cpu += 1) cpus.add(cpu);
  }
  return [...cpus].toSorted((a, b) => a - b);
}

/** The same as the kernel writes it (lib/vsprintf.c, `%*pbl`): ascending, neighbours as `first-last`. */
export function formatCpuList(cpus: readonly number[]): string {
  const parts: string[] = [];
  for (let at = 0; at < cpus.length;) {
    const first = cpus[at]!;
    let last = first;
    while (cpus[at + 1] === last + 1) {
      at += 1;
      last += 1;
    }
    at += 1;
    parts.push(first === last ? String(first) : `${first}-${last}`);
  }
  return parts.join(',');
}
