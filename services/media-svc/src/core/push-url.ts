import { AppError } from '@ancloud/kit/errors';

const MAX_URL = 2_048;
/** RFC 3986's characters: nothing that a command line or a log could take for something else. */
const CHARACTERS = /^[\w\-.~:/?#[\]@!$&'()*+,;=%]+$/;
/** What a destination may ask of SRT; anything else of ffmpeg's options is not for callers. */
const SRT_OPTIONS: Readonly<Record<string, RegExp>> = {
  streamid: /^.{1,512}$/,
  passphrase: /^.{10,79}$/,
  pbkeylen: /^(?:16|24|32)$/,
  // Of the receiver's buffer, µs as ffmpeg has it: up to 8 s.
  latency: /^\d{1,7}$/,
};
/** A connection that is not there after this long, and one that takes nothing for as long, is none. µs; SRT wants ms for the first. */
const PATIENCE_US = 10_000_000;

/** RFC 6750 §2.1, b64token. */
const TOKEN = /^[\w\-.~+/]+=*$/;
const MAX_TOKEN = 4_096;
/** Characters that mean nothing in a playlist, an URL or a pattern; segments' names are made of it. */
const STEM = /\/([\w~-][\w.~-]{0,99})\.m3u8$/;

interface Place {
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  /** For people: without path, query and user. */
  readonly shown: string;
}

/** A server that ffmpeg speaks to. */
export interface CopyTarget extends Place {
  readonly kind: 'copy';
  /** The connection is TLS, which is not ffmpeg's to make. */
  readonly secure: boolean;
  /** ffmpeg's arguments, once it is known by which address and port the host is reached. */
  readonly output: (address: string, port: number) => readonly string[];
}

/** A WHIP endpoint (RFC 9725). */
export interface WhipTarget extends Place {
  readonly kind: 'whip';
  readonly endpoint: URL;
  /** Bearer; empty = the endpoint wants none. */
  readonly token: string;
}

/** A web server that takes HLS by PUT: the playlist, and segments beside it. */
export interface HlsTarget extends Place {
  readonly kind: 'hls';
  readonly playlist: URL;
  /** The playlist's name without `.m3u8`. */
  readonly stem: string;
  /** The header's value; empty = the server wants none. */
  readonly authorization: string;
}

/** Where a phone's stream is sent. Holds secrets. */
export type PushTarget = CopyTarget | WhipTarget | HlsTarget;

/** Reads a destination. Errors: INVALID_ARGUMENT; what they say of the URL is never more than its scheme or an option's name. Pure. */
export function readPushUrl(text: string, token = ''): PushTarget {
  const url = text.length <= MAX_URL && CHARACTERS.test(text) ? URL.parse(text) : null;
  if (url === null || url.hostname === '')
    throw malformed('url', `it is no URL of at most ${MAX_URL} characters`);
  if (url.protocol === 'https:' || url.protocol === 'http:')
    return url.pathname.endsWith('.m3u8') ? hls(url, token) : whip(url, token);
  if (token !== '') throw malformed('token', 'a token is for WHIP and HLS, at https://…', url.protocol);
  if (url.protocol === 'rtmp:' || url.protocol === 'rtmps:') return rtmp(url);
  if (url.protocol === 'srt:') return srt(url);
  throw malformed('url', 'its scheme is none of https (WHIP, HLS), rtmp, rtmps and srt', url.protocol);
}

function whip(url: URL, token: string): WhipTarget {
  if (url.username !== '' || url.password !== '')
    throw malformed('url', 'a WHIP endpoint takes a token, no user and password');
  return { kind: 'whip', ...webPlace(url), endpoint: url, token: checkedToken(token) };
}

function hls(url: URL, token: string): HlsTarget {
  const stem = STEM.exec(url.pathname)?.[1];
  if (stem === undefined)
    throw malformed('url', "an HLS playlist's name has letters, digits, and '.', '_', '~', '-' only");
  const { username, password } = url;
  if (username !== '' && token !== '')
    throw malformed('url', 'an HLS destination takes a token, or user and password');
  const basic = Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64');
  const playlist = new URL(url.href);
  playlist.username = '';
  playlist.password = '';
  return {
    kind: 'hls',
    ...webPlace(url),
    playlist,
    stem,
    authorization: username === '' ? bearer(checkedToken(token)) : `Basic ${basic}`,
  };
}

function checkedToken(token: string): string {
  if (token.length > MAX_TOKEN || (token !== '' && !TOKEN.test(token)))
    throw malformed('token', `it is no bearer token of at most ${MAX_TOKEN} characters (RFC 6750)`);
  return token;
}

const bearer = (token: string): string => (token === '' ? '' : `Bearer ${token}`);

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw malformed('url', 'its user or password has a % that begins no character');
  }
}

function webPlace(url: URL): Place {
  return {
    ...placeOf(url, url.protocol === 'https:' ? 443 : 80),
    shown: `${url.protocol}//${url.host}/…`,
  };
}

function rtmp(url: URL): CopyTarget {
  const secure = url.protocol === 'rtmps:';
  const { host, port } = placeOf(url, secure ? 443 : 1_935);
  const [, app = '', key = ''] = /^\/([^/]+)\/(.+)$/.exec(url.pathname) ?? [];
  if (app === '' || key === '') throw malformed('url', 'its path is not /application/stream');
  return {
    kind: 'copy',
    host,
    port,
    secure,
    shown: `${url.protocol}//${url.host}/…`,
    // The address is the one that was checked; the server hears the name, by which it may tell its tenants apart.
    output: (address, at) => [
      ...words('-c:a aac -b:a 128k -f flv -flvflags no_duration_filesize'),
      '-rw_timeout',
      String(PATIENCE_US),
      '-rtmp_tcurl',
      `${url.protocol}//${url.host}/${app}`,
      `rtmp://${login(url)}${bracketed(address)}:${at}${url.pathname}${url.search}`,
    ],
  };
}

function srt(url: URL): CopyTarget {
  const { host, port } = placeOf(url, 0);
  if (port === 0) throw malformed('url', 'an SRT destination has a port');
  if (url.username !== '' || (url.pathname !== '' && url.pathname !== '/'))
    throw malformed('url', 'an SRT destination has neither user nor path; streamid names the stream');
  const options = new URLSearchParams({
    mode: 'caller',
    transtype: 'live',
    connect_timeout: String(PATIENCE_US / 1_000),
    timeout: String(PATIENCE_US),
  });
  for (const [name, value] of url.searchParams) {
    if (SRT_OPTIONS[name]?.test(value) !== true)
      throw malformed(`url.${name}`, `${Object.keys(SRT_OPTIONS).join(', ')} can be given, in their ranges`);
    options.set(name, value);
  }
  return {
    kind: 'copy',
    host,
    port,
    secure: false,
    shown: `srt://${url.host}`,
    output: (address, at) => [
      ...words('-f mpegts -muxdelay 0 -flush_packets 1'),
      `srt://${bracketed(address)}:${at}?${options.toString()}`,
    ],
  };
}

function placeOf(url: URL, preset: number): { readonly host: string; readonly port: number } {
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? preset : Number(url.port),
  };
}

function login({ username, password }: URL): string {
  return username === '' ? '' : `${username}:${password}@`;
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

function words(text: string): string[] {
  return text.split(' ');
}

function malformed(field: string, message: string, value = ''): AppError {
  return new AppError('INVALID_ARGUMENT', `the destination cannot be used: ${message}`, {
    field,
    value,
    fix: 'write https://host/whip/…, https://host/….m3u8, rtmp(s)://host/application/stream or srt://host:port?streamid=…',
  });
}
