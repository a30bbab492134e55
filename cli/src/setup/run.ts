import { spawn } from 'node:child_process';
import { AppError } from '@ancloud/kit/errors';

/**
 * Runs a build script: its progress (stderr) goes straight to the terminal, its stdout is the result.
 * Errors: EXEC_FAILED with the script's name and exit status.
 */
export async function runScript(
  argv: readonly [string, ...string[]],
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv; readonly fix: string },
): Promise<string> {
  const child = spawn(argv[0], argv.slice(1), {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exit, by) => resolve([exit, by]));
  });
  if (code === 0) return stdout.trim();
  throw new AppError(
    'EXEC_FAILED',
    `${argv.join(' ')} ended with ${code === null ? signal : `exit code ${code}`}`,
    {
      field: argv[0],
      fix: options.fix,
    },
  );
}
