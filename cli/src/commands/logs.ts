import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { AppError } from '@ancloud/kit/errors';
import { tail } from '../farm/supervisor.js';
import { files, type Layout } from '../layout.js';
import type { Output } from '../output.js';

/** `./ancloud logs [SERVICE] [-f]`: the services' own logs. */
export async function logs(
  layout: Layout,
  service: string | undefined,
  options: { readonly follow: boolean; readonly lines: string },
  output: Output,
): Promise<void> {
  const folder = path.dirname(files.log(layout, 'x'));
  const names = fs.existsSync(folder)
    ? fs
        .readdirSync(folder)
        .filter((name) => name.endsWith('.log'))
        .map((name) => name.slice(0, -4))
    : [];
  if (service !== undefined && !names.includes(service)) {
    throw new AppError('INVALID_ARGUMENT', `there is no log of '${service}'`, {
      field: 'SERVICE',
      value: service,
      fix: `one of: ${names.join(', ') || '(none yet)'}`,
    });
  }
  const lines = Number(options.lines);
  if (!Number.isInteger(lines) || lines < 1 || lines > 100_000) {
    throw new AppError('INVALID_ARGUMENT', 'the number of lines is not 1 to 100000', {
      field: '--lines',
      value: options.lines,
      fix: 'write e.g. --lines 100',
    });
  }
  const chosen = service === undefined ? names : [service];
  if (options.follow) {
    const child = spawn(
      'tail',
      ['-n', String(lines), '-F', ...chosen.map((name) => files.log(layout, name))],
      { stdio: 'inherit' },
    );
    await new Promise((resolve) => child.once('exit', resolve));
    return;
  }
  const all = Object.fromEntries(chosen.map((name) => [name, tail(files.log(layout, name), lines)]));
  output.result(
    all,
    Object.entries(all)
      .map(([name, text]) => (chosen.length === 1 ? text : `==> ${name} <==\n${text}`))
      .join('\n\n'),
  );
}
