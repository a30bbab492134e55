import {
  absolutePath,
  AppError,
  type FarmConnection,
  farmConnection,
  farmSettings,
  list,
  loadConfig,
  processSettings,
  secretFile,
  tcpAddress,
} from '@ancloud/kit';
import { z } from 'zod';
import type { Turn } from './viewers/turn.js';

const schema = z.object({
  ...processSettings({ grpcPort: 7081 }),
  ...farmSettings('gateway'),
  /** REST, WebSockets and the console: browsers reach no unix socket. */
  ANCLOUD_HTTP_LISTEN: tcpAddress().default('127.0.0.1:7080'),
  /** What browsers and partners reach the gateway by; makes signalling URLs, console links and the cookie's `Secure`. */
  ANCLOUD_PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'is not an http(s) URL' })
    .describe('write e.g. https://phones.example.com')
    .optional(),
  /** Further Origins whose pages may open the signalling WebSocket (pages that embed the player). */
  ANCLOUD_ALLOWED_ORIGINS: list().optional(),
  /** The farm's first admin key; further keys live in Redis as digests. */
  ANCLOUD_API_KEY_FILE: secretFile(),
  /** Signs viewer tokens; the same file for all gateways of a farm. */
  ANCLOUD_TOKEN_SECRET_FILE: secretFile(),
  /** The built console; absent = the gateway serves the API alone. */
  ANCLOUD_WEB_DIR: absolutePath().optional(),
  /** STUN/TURN servers that viewers are told: JSON list of {urls, username?, credential?}. */
  ANCLOUD_ICE_SERVERS: z
    .string()
    .transform((text, context) => {
      const parsed = iceServers.safeParse(json(text));
      if (parsed.success) return parsed.data;
      context.addIssue({ code: 'custom', message: 'is not a list of ICE servers' });
      return z.NEVER;
    })
    .describe('write JSON such as [{"urls":["stun:stun.example.com"]}]')
    .prefault('[]'),
  /** TURN servers that viewers are given credentials for, separated by commas: `turn:turn.example.com:3478?transport=udp`. */
  ANCLOUD_TURN_URLS: list().optional(),
  /** The secret that those servers know (coturn's static-auth-secret). */
  ANCLOUD_TURN_SECRET_FILE: secretFile().optional(),
});

const iceServers = z.array(
  z.object({
    urls: z.array(z.string().regex(/^(?:stun|turn)s?:/)),
    username: z.string().exactOptional(),
    credential: z.string().exactOptional(),
  }),
);

/** Everything the environment says, read once. */
export interface GatewayConfig {
  readonly farm: FarmConnection;
  readonly httpListen: string;
  readonly grpcListen: string;
  readonly metricsListen: string | undefined;
  /** Origin of the public URL, without a path or trailing slash. */
  readonly publicUrl: string;
  /** Origins of the console's own pages: the public URL's, and its other name when that is loopback. */
  readonly ownOrigins: ReadonlySet<string>;
  /** Whose pages may open the signalling WebSocket; the own ones included. */
  readonly allowedOrigins: ReadonlySet<string>;
  readonly apiKey: string;
  readonly tokenSecret: string;
  readonly webDir: string | undefined;
  readonly iceServers: z.output<typeof iceServers>;
  readonly turn: Turn | undefined;
}

/** Errors: CONFIG_INVALID listing all mistakes. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): GatewayConfig {
  const read = loadConfig(schema, env);
  const publicUrl = new URL(read.ANCLOUD_PUBLIC_URL ?? `http://${read.ANCLOUD_HTTP_LISTEN}`).origin;
  const ownOrigins = new Set([publicUrl, loopbackAlias(publicUrl)]);
  const origins = (read.ANCLOUD_ALLOWED_ORIGINS ?? []).map((text) => {
    const origin = URL.parse(text)?.origin;
    if (origin === undefined || origin === 'null')
      throw new AppError('CONFIG_INVALID', `ANCLOUD_ALLOWED_ORIGINS: '${text}' is not an origin`, {
        field: 'ANCLOUD_ALLOWED_ORIGINS',
        value: text,
        fix: 'write origins such as https://partner.example, separated by commas',
      });
    return origin;
  });
  return {
    farm: farmConnection(read),
    httpListen: read.ANCLOUD_HTTP_LISTEN,
    grpcListen: read.ANCLOUD_GRPC_LISTEN,
    metricsListen: read.ANCLOUD_METRICS_LISTEN,
    publicUrl,
    ownOrigins,
    allowedOrigins: new Set([...ownOrigins, ...origins]),
    apiKey: read.ANCLOUD_API_KEY_FILE,
    tokenSecret: read.ANCLOUD_TOKEN_SECRET_FILE,
    webDir: read.ANCLOUD_WEB_DIR,
    iceServers: read.ANCLOUD_ICE_SERVERS,
    turn: turnOf(read.ANCLOUD_TURN_URLS, read.ANCLOUD_TURN_SECRET_FILE),
  };
}

function turnOf(urls: readonly string[] | undefined, secret: string | undefined): Turn | undefined {
  if (urls === undefined) return undefined;
  const wrong = urls.find((url) => !/^turns?:[^/]/.test(url));
  if (wrong !== undefined)
    throw new AppError('CONFIG_INVALID', `ANCLOUD_TURN_URLS: '${wrong}' is no TURN server`, {
      field: 'ANCLOUD_TURN_URLS',
      value: wrong,
      fix: 'write e.g. turn:turn.example.com:3478?transport=udp',
    });
  if (secret === undefined)
    throw new AppError('CONFIG_INVALID', 'ANCLOUD_TURN_URLS is set without ANCLOUD_TURN_SECRET_FILE', {
      field: 'ANCLOUD_TURN_SECRET_FILE',
      fix: "name the file with the servers' shared secret (coturn: static-auth-secret)",
    });
  return { urls, secret };
}

/** People type `localhost` where the farm says 127.0.0.1, and the other way round: to a browser those are two origins. */
function loopbackAlias(origin: string): string {
  const url = new URL(origin);
  if (url.hostname === '127.0.0.1') url.hostname = 'localhost';
  else if (url.hostname === 'localhost') url.hostname = '127.0.0.1';
  return url.origin;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
