import type http from 'node:http';

/** What the mock answers as a problem. */
export class Refused extends Error {
  readonly status: number;
  readonly code: string;
  readonly fix: string;
  readonly field: string;

  constructor(status: number, code: string, message: string, fix = '', field = '') {
    super(message);
    this.status = status;
    this.code = code;
    this.fix = fix;
    this.field = field;
  }
}

export type Handler = (given: {
  readonly part: string;
  readonly body: Record<string, unknown>;
  readonly query: URLSearchParams;
  readonly request: http.IncomingMessage;
  readonly reply: http.ServerResponse;
}) => unknown;

/** `METHOD /path`, with one part of the path that varies. */
export type Route = readonly [method: string, path: RegExp, handler: Handler];
