import { AsyncLocalStorage } from 'node:async_hooks';
import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, pino } from 'pino';
import { AppError } from './errors.js';

/** From the most words to the fewest. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One line: an object of facts, then a sentence; or the sentence alone. An `Error` goes under the key `err`. */
export interface LogFn {
  (facts: object, message?: string): void;
  (message: string): void;
}

/** What every part of ancloud logs to. Never pass secrets: names like `password`, `token`, `secret` are redacted, others are not. */
export interface Log {
  readonly debug: LogFn;
  readonly info: LogFn;
  readonly warn: LogFn;
  readonly error: LogFn;
  readonly fatal: LogFn;
  /** A log that adds `facts` to each line, e.g. `{ phone }`. */
  child(facts: Readonly<Record<string, unknown>>): Log;
}

export interface LogOptions {
  /** Name of the service, on each line. */
  readonly service: string;
  /** Least level that is written. Default `info`. */
  readonly level?: LogLevel;
  /** Short lines for people instead of JSON. Default: when stderr is a terminal. */
  readonly pretty?: boolean;
  /** Where lines go. Default: stderr, written synchronously, so that the last line before an exit is not lost. */
  readonly destination?: DestinationStream;
}

/** What a request is about; put on every line that is logged while it is served. */
export interface LogContext {
  readonly phone?: string;
  readonly viewer?: string;
  readonly operation?: string;
  /** W3C trace context (https://www.w3.org/TR/trace-context/#traceparent-header). */
  readonly traceparent?: string;
  /** The RPC or route being served. */
  readonly call?: string;
}

const store = new AsyncLocalStorage<LogContext>();

/** Runs `fn` with `context` laid over the current one; also everything `fn` starts. */
export function withLogContext<T>(context: LogContext, fn: () => T): T {
  return store.run({ ...store.getStore(), ...context }, fn);
}

/** The current context; empty outside of any. */
export function logContext(): LogContext {
  return store.getStore() ?? {};
}

const SECRET_WORDS = [
  'password',
  'pass',
  'secret',
  'farmSecret',
  'token',
  'authorization',
  'cookie',
  'apiKey',
  'resumeSecret',
];
const CENSORED = SECRET_WORDS.flatMap((word) => [word, `*.${word}`, `*.*.${word}`]);

/**
 * The level that `ANCLOUD_LOG_LEVEL` asks for, for the log that is there before the configuration is read; `info` when it
 * names none: reading the configuration tells that.
 */
export function logLevelOf(env: Readonly<Record<string, string | undefined>>): LogLevel {
  return LOG_LEVELS.find((level) => level === env['ANCLOUD_LOG_LEVEL']) ?? 'info';
}

/** JSON lines (pino) on stderr: time, level, service, context, facts, msg. */
export function createLog(options: LogOptions): Log {
  const raw = options.destination ?? pino.destination({ dest: 2, sync: true });
  const pretty = options.pretty ?? (options.destination === undefined && process.stderr.isTTY === true);
  return pino(
    {
      level: options.level ?? 'info',
      base: { service: options.service, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: () => ({ ...store.getStore() }),
      redact: { paths: CENSORED, censor: '<redacted>' },
      serializers: { err: serializeError },
    },
    pretty ? { write: (line: string) => raw.write(prettyLine(line)) } : raw,
  );
}

/** A log that says nothing, for tests and defaults. */
export const silentLog: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  fatal: () => {},
  child: () => silentLog,
};

const CAUSE_DEPTH = 4;

/** An error as facts: code and fix of an AppError, the stack, and the chain of causes (at most 4 deep). */
export function serializeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return error;
  const app = error instanceof AppError ? error : undefined;
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    message: error.message,
    ...(app?.field === undefined ? {} : { field: app.field }),
    ...(app?.value === undefined ? {} : { value: app.value }),
    ...(app?.fix === undefined ? {} : { fix: app.fix }),
    stack: error.stack,
    ...(error.cause === undefined || depth >= CAUSE_DEPTH
      ? {}
      : { cause: serializeError(error.cause, depth + 1) }),
  };
}

const HIDDEN = new Set(['time', 'level', 'service', 'pid', 'msg', 'err', 'traceparent']);

/** One JSON line of pino as a short one for people. What is not JSON passes unchanged. */
export function prettyLine(line: string): string {
  let record: Record<string, unknown>;
  try {
    record = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line;
  }
  const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  const time = text(record['time'] ?? '').slice(11, 23);
  const facts = Object.entries(record)
    .filter(([name]) => !HIDDEN.has(name))
    .map(([name, value]) => ` ${name}=${text(value)}`)
    .join('');
  const error = record['err'] as
    { code?: unknown; message?: unknown; fix?: unknown; stack?: unknown } | undefined;
  const shown =
    error === undefined
      ? ''
      : `\n    ${error.code === undefined ? '' : `${text(error.code)}: `}${text(error.message)}${error.fix === undefined ? '' : `\n    fix: ${text(error.fix)}`}`;
  const head = `${time} ${text(record['level'] ?? '')
    .toUpperCase()
    .padEnd(5)} ${text(record['service'] ?? '')}`;
  return `${head}: ${text(record['msg'] ?? '')}${facts}${shown}\n`;
}

/** Nest's own lines through our log. `log` and `verbose` become debug: what Nest says at start is of no use to an operator. */
export function nestLogger(log: Log): LoggerService {
  const write = (level: 'debug' | 'warn' | 'error' | 'fatal', message: unknown, rest: unknown[]): void => {
    const last = rest.at(-1);
    const facts = {
      nest: typeof last === 'string' ? last : 'Nest',
      ...(message instanceof Error ? { err: message } : {}),
    };
    log[level](facts, message instanceof Error ? message.message : String(message));
  };
  return {
    log: (message: unknown, ...rest: unknown[]) => write('debug', message, rest),
    verbose: (message: unknown, ...rest: unknown[]) => write('debug', message, rest),
    debug: (message: unknown, ...rest: unknown[]) => write('debug', message, rest),
    warn: (message: unknown, ...rest: unknown[]) => write('warn', message, rest),
    error: (message: unknown, ...rest: unknown[]) => write('error', message, rest),
    fatal: (message: unknown, ...rest: unknown[]) => write('fatal', message, rest),
  };
}
