import { phoneIdPattern } from '@ancloud/contracts';
import type { ExecInput, ExecOutput, ExecStart } from '@ancloud/contracts/container/v1/container';
import { Stage } from '@ancloud/contracts/state/v1/state';
import { AppError } from '@ancloud/kit';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import { endInPhone, notRunning } from '../io/crun.js';
import type { Host } from '../reconcile/host.js';

const WORDS_MAX = 256;
const WORD_BYTES = 4_096;
const ENV_MAX = 64;

/** One command in a phone. The process ends with the call; the call ends with the process. */
export function execInPhone(host: Host, call: ServerDuplexStream<ExecInput, ExecOutput>): void {
  let child: ReturnType<Host['crun']['open']> | undefined;
  const fail = (error: unknown): void => void call.emit('error', error);
  const end = (): void => {
    if (child !== undefined) endInPhone(child);
  };
  call.on('cancelled', end);
  call.on('data', ({ input }: ExecInput) => {
    try {
      if (child === undefined) {
        if (input?.$case !== 'start')
          throw invalid('input', 'the first message must be start', input?.$case ?? '');
        child = open(host, input.value, call);
      } else if (input?.$case === 'stdin') {
        // The reader's pace: gRPC's own flow control stops the sender while the pipe is full.
        if (child.stdin?.write(input.value) === false) {
          call.pause();
          child.stdin.once('drain', () => call.resume());
        }
      } else if (input?.$case === 'stdinClosed') child.stdin?.end();
      else throw invalid('input', 'after start come stdin and stdin_closed', input?.$case ?? '');
    } catch (error) {
      end();
      fail(error);
    }
  });
  call.on('end', () => child?.stdin?.end());
}

function open(host: Host, start: ExecStart, call: ServerDuplexStream<ExecInput, ExecOutput>) {
  const { phoneId, argv, uid, env } = start;
  check(start);
  const stage = host.phones.status(phoneId)?.stage;
  if (stage === Stage.STAGE_PAUSED)
    throw new AppError('PHONE_PAUSED', `running a command in ${phoneId}: the phone is paused`, {
      field: 'phone_id',
      value: phoneId,
      fix: 'resume the phone first',
    });
  if (stage !== Stage.STAGE_BOOTING && stage !== Stage.STAGE_READY)
    throw notRunning(phoneId, 'running a command in');
  const child = host.crun.open(phoneId, argv, uid, env);
  const pass = (name: 'stdout' | 'stderr'): void => {
    const stream = child[name];
    stream?.on('data', (value: Buffer) => {
      if (call.write({ output: { $case: name, value } })) return;
      stream.pause();
      call.once('drain', () => stream.resume());
    });
  };
  pass('stdout');
  pass('stderr');
  // EPIPE: a command may end without reading its input.
  child.stdin?.on('error', () => {});
  child.once('error', (cause) =>
    call.emit(
      'error',
      new AppError('EXEC_FAILED', `running a command in ${phoneId}: ${cause.message}`, {
        field: 'argv',
        cause,
      }),
    ),
  );
  child.once('close', (code, signal) => {
    call.write({ output: { $case: 'exitCode', value: code ?? (signal === null ? -1 : 128) } });
    call.end();
  });
  return child;
}

function check({ phoneId, argv, uid, env }: ExecStart): void {
  if (!phoneIdPattern.test(phoneId)) throw invalid('phone_id', 'it is not the id of a phone', phoneId);
  if (argv.length === 0 || argv.length > WORDS_MAX)
    throw invalid('argv', `it has ${argv.length} words, 1-${WORDS_MAX} are allowed`, '');
  const long = argv.find((word) => Buffer.byteLength(word) > WORD_BYTES || word.includes('\0'));
  if (long !== undefined) throw invalid('argv', `a word has more than ${WORD_BYTES} bytes or a NUL`, long);
  if (argv[0]?.startsWith('-') === true)
    throw invalid('argv', 'the first word looks like an option', argv[0]);
  if (uid > 2 ** 21 - 1) throw invalid('uid', 'it is no uid of a phone', String(uid));
  const names = Object.keys(env);
  const bad = names.find((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
  if (bad !== undefined || names.length > ENV_MAX)
    throw invalid('env', `at most ${ENV_MAX} variables with plain names`, bad ?? String(names.length));
}

function invalid(field: string, what: string, value: string): AppError {
  return new AppError('INVALID_ARGUMENT', `running a command in a phone: ${field}: ${what}`, {
    field,
    value,
  });
}
