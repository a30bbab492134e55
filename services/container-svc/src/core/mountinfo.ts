/** One line of /proc/self/mountinfo (proc_pid_mountinfo(5)). */
export interface Mount {
  readonly id: number;
  readonly target: string;
  readonly type: string;
  readonly source: string;
  /** Options of the superblock, e.g. overlay's `lowerdir=…`. */
  readonly superOptions: string;
}

/** Octal escapes for space, tab, newline and backslash are undone. */
export function parseMountInfo(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [head, tail] = split(line, ' - ');
    const words = head.split(' ');
    const [type, source, superOptions] = tail.split(' ');
    const [id, , , , target] = words;
    if (id === undefined || target === undefined || type === undefined || source === undefined) return [];
    return [
      {
        id: Number(id),
        target: unescape(target),
        type,
        source: unescape(source),
        superOptions: superOptions ?? '',
      },
    ];
  });
}

function split(line: string, separator: string): [string, string] {
  const at = line.indexOf(separator);
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + separator.length)];
}

function unescape(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}
