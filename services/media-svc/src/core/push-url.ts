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
  /** ffmpeg's arguments, once the host's address is known. */
  readonly output: (address: string) => readonly string[];
}

/** A WHIP endpoint (RFC 9725). */
export interface WhipTarget extends Place {
  readonly kind: 'whip';
  readonly endpoint: URL;
  /** Bearer; empty = the endpoint wants none. */
  readonly token: string;
}

/** Where a phone's stream is sent. Holds secrets. */
export type PushTarget = CopyTarget | WhipTarget;

/** Reads a destination. Errors: INVALID_ARGUMENT; what they say of the URL is never more than its scheme or an option's name. Pure. */
export function readPushUrl(text: string, token = ''): PushTarget {
  const url = text.length <= MAX_URL && CHARACTERS.test(text) ? URL.parse(text) : null;
  if (url === null || url.hostname === '')
    throw malformed('url', `it is no URL of at most ${MAX_URL} characters`);
  if (url.protocol === 'https:' || url.protocol === 'http:') return whip(url, token);
  if (token !== '') throw malformed('token', 'a token is for WHIP, at https://…', url.protocol);
  if (url.protocol === 'rtmp:') return rtmp(url);
  if (url.protocol === 'srt:') return srt(url);
  throw malformed('url', 'its scheme is none of https (WHIP), rtmp and srt', url.protocol);
}

function whip(url: URL, token: string): WhipTarget {
  if (url.username !== '' || url.password !== '')
    throw malformed('url', 'a WHIP endpoint takes a token, no user and password');
  if (token.length > MAX_TOKEN || (token !== '' && !TOKEN.test(token)))
    throw malformed('token', `it is no bearer token of at most ${MAX_TOKEN} characters (RFC 6750)`);
  return {
    kind: 'whip',
    ...placeOf(url, url.protocol === 'https:' ? 443 : 80),
    shown: `${url.protocol}//${url.host}/…`,
    endpoint: url,
    token,
  };
}

function rtmp(url: URL): CopyTarget {
  const { host, port } = placeOf(url, 1_935);
  const [, app = '', key = ''] = /^\/([^/]+)\/(.+)$/.exec(url.pathname) ?? [];
  if (app === '' || key === '') throw malformed('url', 'its path is not /application/stream');
  return {
    kind: 'copy',
    host,
    port,
    shown: `rtmp://${url.host}/…`,
    // The address is the one that was checked; the server hears the name, by which it may tell its tenants apart.
    output: (address) => [
      ...words('-c:a aac -b:a 128k -f flv -flvflags no_duration_filesize'),
      '-rw_timeout',
      String(PATIENCE_US),
      '-rtmp_tcurl',
      `rtmp://${url.host}/${app}`,
      `rtmp://${login(url)}${bracketed(address)}:${port}${url.pathname}${url.search}`,
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
    shown: `srt://${url.host}`,
    output: (address) => [
      ...words('-f mpegts -muxdelay 0 -flush_packets 1'),
      `srt://${bracketed(address)}:${port}?${options.toString()}`,
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
    fix: 'write https://host/whip/…, rtmp://host/application/stream or srt://host:port?streamid=…',
  });
}
