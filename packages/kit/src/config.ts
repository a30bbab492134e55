import { isIP } from 'node:net';
import { z } from 'zod';
import { AppError, shorten } from './errors.js';
import { readSecretFile } from './secret.js';

/** Variables whose values are never shown, whatever is wrong with them. `*_FILE` variables hold paths, not secrets. */
const SECRET_NAME = /(?:SECRET|PASS(?:WORD)?|TOKEN|CREDENTIALS?|_KEY|_URL)$/;

/**
 * Reads the environment once into a typed, defaulted, cross-checked object. The rest of the program never sees `env`.
 *
 *     const config = loadConfig(z.object({
 *       // Address of the gRPC server, `host:port` or `unix:/path`.
 *       LISTEN: address().default('127.0.0.1:7000'),
 *       // How long a boot may take.
 *       BOOT_TIMEOUT: duration({ min: 1_000 }).prefault('120s'),
 *       FARM_SECRET_FILE: secretFile(),
 *     }), process.env);
 *
 * An empty variable counts as absent (compose files pass `X=`). What to do about a mistake comes from the field's
 * `.describe('…')`.
 *
 * Errors: CONFIG_INVALID listing ALL mistakes, one line each: variable, value (secrets redacted), what is wrong, the fix.
 */
export function loadConfig<Shape extends z.core.$ZodLooseShape>(
  schema: z.ZodObject<Shape>,
  env: Readonly<Record<string, string | undefined>>,
): z.output<z.ZodObject<Shape>> {
  const present = Object.fromEntries(
    Object.keys(schema.shape).flatMap((name) => {
      const value = env[name];
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
  const result = schema.safeParse(present);
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => {
    const name = String(issue.path[0] ?? '(all)');
    return describeIssue(name, present[name], issue.message, descriptionOf(schema.shape[name]));
  });
  const first = result.error.issues[0]?.path[0];
  throw new AppError(
    'CONFIG_INVALID',
    `${lines.length === 1 ? 'one mistake' : `${lines.length} mistakes`} in the environment:\n${lines.join('\n')}`,
    {
      ...(first === undefined ? {} : { field: String(first) }),
      fix: 'set the variables as said above and start again',
    },
  );
}

function describeIssue(
  name: string,
  value: string | undefined,
  message: string,
  hint: string | undefined,
): string {
  const shown =
    value === undefined
      ? ''
      : SECRET_NAME.test(name)
        ? '=<redacted>'
        : `=${JSON.stringify(shorten(value, 80))}`;
  const what = value === undefined && name !== '(all)' ? 'is not set' : message;
  return `  ${name}${shown}: ${what}${hint === undefined ? '' : ` (${hint})`}`;
}

function descriptionOf(field: unknown): string | undefined {
  // `.default()`, `.prefault()`, `.optional()` wrap the field that was described.
  for (
    let at = field;
    at instanceof z.ZodType;
    at = 'unwrap' in at && typeof at.unwrap === 'function' ? at.unwrap() : undefined
  )
    if (at.description !== undefined) return at.description;
  return undefined;
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `250ms`, `1.5s`, `2m`, `1h`, `7d` in milliseconds; undefined when it is none of these. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  const unit = UNIT_MS[match?.[2] ?? ''];
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit;
}

/** A time with its unit (`250ms`, `10s`, `2m`, `1h`, `7d`) → milliseconds. `min`, `max` in ms. Default: `.prefault('10s')`. */
export function duration(limits: { readonly min?: number; readonly max?: number } = {}) {
  const min = limits.min ?? 0;
  const max = limits.max ?? Number.MAX_SAFE_INTEGER;
  return z
    .string()
    .transform((text, context) => {
      const ms = parseDuration(text);
      if (ms !== undefined && ms >= min && ms <= max) return ms;
      const range = `${min} ms to ${limits.max === undefined ? 'any' : `${max} ms`}`;
      context.addIssue({
        code: 'custom',
        message: ms === undefined ? 'is not a time with a unit' : `is outside ${range}`,
      });
      return z.NEVER;
    })
    .describe('write e.g. 250ms, 10s, 2m, 1h');
}

/** A whole number in [min, max]. Default: `.prefault('4')`. */
export function integer(limits: { readonly min?: number; readonly max?: number } = {}) {
  const min = limits.min ?? 0;
  const max = limits.max ?? Number.MAX_SAFE_INTEGER;
  return z
    .string()
    .transform((text, context) => {
      const value = Number(text);
      if (/^-?\d+$/.test(text) && value >= min && value <= max) return value;
      context.addIssue({ code: 'custom', message: 'is not a whole number in range' });
      return z.NEVER;
    })
    .describe(`write a whole number from ${min} to ${max}`);
}

/** A port, 1-65535 (0 = any free one, only with `any: true`). */
export function port(options: { readonly any?: boolean } = {}) {
  return integer({ min: options.any === true ? 0 : 1, max: 65_535 });
}

/** Checks `host:port`, `[v6]:port` or `unix:/absolute/path`; undefined when it is fine, else what is wrong. */
export function addressMistake(text: string): string | undefined {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    if (!path.startsWith('/')) return 'is a unix address without an absolute path';
    // sun_path holds 108 bytes with the final NUL (unix(7)).
    return Buffer.byteLength(path) > 107 ? 'is a socket path of more than 107 bytes' : undefined;
  }
  const match = /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/.exec(text);
  if (match === null) return 'is not host:port';
  return Number(match[1]) > 65_535 ? 'has a port above 65535' : undefined;
}

/** `host:port`, `[v6]:port` or `unix:/absolute/path`, kept as text. */
export function address() {
  return z
    .string()
    .superRefine((text, context) => {
      const mistake = addressMistake(text);
      if (mistake !== undefined) context.addIssue({ code: 'custom', message: mistake });
    })
    .describe('write host:port, [v6]:port or unix:/absolute/path');
}

/** `host:port` or `[v6]:port`, kept as text: for what no unix socket serves. */
export function tcpAddress() {
  return z
    .string()
    .superRefine((text, context) => {
      const mistake = text.startsWith('unix:') ? 'is a unix socket' : addressMistake(text);
      if (mistake !== undefined) context.addIssue({ code: 'custom', message: mistake });
    })
    .describe('write host:port or [v6]:port');
}

/** An IPv4 or IPv6 address, kept as text. */
export function ipAddress() {
  return z
    .union([z.ipv4(), z.ipv6()], { error: 'is not an IP address' })
    .describe('write an IP address of this machine');
}

/** A name for a network interface of our own: at most 15 bytes (IFNAMSIZ), fewer kinds of them than the kernel takes. */
export function interfaceName() {
  return z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,14}$/, 'is not a network interface name')
    .describe('use 1 to 15 of a-z, 0-9 and -, beginning with a letter');
}

/** `true/1/yes/on` or `false/0/no/off`. Default: `.default(false)`. */
export function flag() {
  return z
    .string()
    .transform((text, context) => {
      if (/^(?:true|1|yes|on)$/i.test(text)) return true;
      if (/^(?:false|0|no|off)$/i.test(text)) return false;
      context.addIssue({ code: 'custom', message: 'is neither true nor false' });
      return z.NEVER;
    })
    .describe('write true or false');
}

/** Comma-separated words, blanks around them ignored, at least one. Default: `.prefault('a,b')`. */
export function list() {
  return z
    .string()
    .transform((text, context) => {
      const words = text
        .split(',')
        .map((word) => word.trim())
        .filter((word) => word !== '');
      if (words.length > 0) return words;
      context.addIssue({ code: 'custom', message: 'has no entry' });
      return z.NEVER;
    })
    .describe('write one or more words separated by commas');
}

/** An IP address in the one way of writing it that sockets and interfaces tell (RFC 5952); undefined for what is none, also with a zone. */
export function canonicalIp(text: string): string | undefined {
  if (isIP(text) !== 6) return isIP(text) === 0 ? undefined : text;
  return text.includes('%') ? undefined : new URL(`http://[${text}]`).hostname.slice(1, -1);
}

/**
 * IP addresses to listen on, separated by commas, each once, at most `max`; in their order, canonical. 0.0.0.0 and `::`, which take the
 * ports of all others, stand alone.
 */
export function ipAddresses(max: number) {
  return list()
    .transform((all, context) => {
      const addresses = all.flatMap((one) => canonicalIp(one) ?? []);
      if (addresses.length === all.length) return addresses;
      context.addIssue({ code: 'custom', message: 'has an entry that is no IP address' });
      return z.NEVER;
    })
    .refine((all) => new Set(all).size === all.length, 'has an entry twice')
    .refine((all) => all.length <= max, `has more than ${max} entries`)
    .refine(
      (all) => all.length === 1 || !all.some((one) => one === '0.0.0.0' || one === '::'),
      'has 0.0.0.0 or :: beside others, whose ports it takes',
    )
    .describe('write e.g. 203.0.113.7,2001:db8::7');
}

/** An absolute path, kept as text. */
export function absolutePath() {
  return z.string().regex(/^\//, 'is not an absolute path').describe('write a path that begins with /');
}

/**
 * The variable names a file (`FARM_SECRET_FILE`), the value is its content (`readSecretFile`): secrets stay out of
 * `/proc/<pid>/environ`, `docker inspect` and crash dumps.
 */
export function secretFile() {
  return z
    .string()
    .transform((file, context) => {
      try {
        return readSecretFile(file);
      } catch (error) {
        const { message, fix } = error as AppError;
        context.addIssue({ code: 'custom', message: fix === undefined ? message : `${message}; ${fix}` });
        return z.NEVER;
      }
    })
    .describe('write the path of a file with mode 0600 that holds the secret');
}
