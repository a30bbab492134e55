import type { ShellInput, ShellOutput, ShellStart, WindowSize } from '@ancloud/contracts/session/v1/session';
import { AppError } from '@ancloud/kit';
import { phoneError } from '../errors.js';
import type { Session } from '../io/session.js';

const TERMINAL = 'xterm-256color';
const SIDE_MAX = 1_000;
/** adbd takes the command as part of a service name, which must fit into one packet of the oldest payload size (4 KiB). */
const COMMAND_MAX = 4_000;

export interface ShellOptions {
  readonly start: ShellStart;
  /** What comes after `start`; its end closes the command's stdin. */
  readonly input: AsyncIterable<ShellInput>;
  /** Resolves when there is room for more: the command waits meanwhile. */
  readonly output: (message: ShellOutput) => Promise<void>;
  /** Aborted = the caller is gone: the command is hung up. */
  readonly signal: AbortSignal;
}

/** Runs a command, or a shell on a terminal, to its end. Errors: INVALID_ARGUMENT, SESSION_NOT_READY, ADB_*. */
export async function runShell(session: Session, options: ShellOptions): Promise<void> {
  const { start, input, output, signal } = options;
  const doing = `a shell on ${session.phoneId}`;
  const { command } = start;
  if (Buffer.byteLength(command) > COMMAND_MAX || command.includes('\0'))
    throw new AppError(
      'INVALID_ARGUMENT',
      `${doing}: the command is longer than ${COMMAND_MAX} bytes or has a NUL`,
      {
        field: 'command',
        fix: 'push a script and run that',
      },
    );
  const interactive = command === '';
  const link = await session.reach(signal);
  try {
    const process = await link.startShell(command, {
      onStdout: (stdout) => output({ output: { $case: 'stdout', value: stdout } }),
      onStderr: (stderr) => output({ output: { $case: 'stderr', value: stderr } }),
      signal,
      ...(interactive ? { terminal: TERMINAL } : {}),
    });
    const hangUp = (): void => process.close();
    signal.addEventListener('abort', hangUp, { once: true });
    try {
      if (signal.aborted) hangUp();
      if (interactive && start.windowSize !== undefined) await resize(process, start.windowSize);
      // Not awaited: a command may end without reading what it is given. A refused message ends it.
      const fed = feed(process, input, interactive);
      const refused = fed.then(() => new Promise<never>(() => undefined));
      const exitCode = await Promise.race([process.exited, refused]);
      await output({ output: { $case: 'exitCode', value: exitCode } });
    } finally {
      signal.removeEventListener('abort', hangUp);
      process.close();
    }
  } catch (error) {
    signal.throwIfAborted();
    throw phoneError(doing, error);
  }
}

type Process = Awaited<ReturnType<Session['link']['startShell']>>;

async function feed(process: Process, input: AsyncIterable<ShellInput>, interactive: boolean): Promise<void> {
  let closed = false;
  for await (const { input: message } of input) {
    if (message === undefined) continue;
    if (message.$case === 'start')
      throw new AppError('INVALID_ARGUMENT', 'a shell was started already', { field: 'start' });
    if (message.$case === 'windowSize') {
      if (interactive) await ended(resize(process, message.value));
    } else if (closed) continue;
    else if (message.$case === 'stdin') await ended(process.write(message.value));
    else if (message.value) {
      closed = true;
      await ended(process.endStdin());
    }
  }
  // The caller says no more, but still listens; a terminal has no end of input, only its end.
  if (!closed && !interactive) await ended(process.endStdin());
}

async function resize(process: Process, { rows, columns }: WindowSize): Promise<void> {
  if (rows < 1 || rows > SIDE_MAX || columns < 1 || columns > SIDE_MAX)
    throw new AppError('INVALID_ARGUMENT', `a terminal of ${rows} rows and ${columns} columns`, {
      field: 'window_size',
      value: `${rows}x${columns}`,
      fix: `give 1 to ${SIDE_MAX} of each`,
    });
  await process.resize(rows, columns);
}

/** Writing to a command that has just ended is no error: its exit code is on its way. */
async function ended(writing: Promise<void>): Promise<void> {
  try {
    await writing;
  } catch (error) {
    if (error instanceof AppError) throw error;
  }
}
