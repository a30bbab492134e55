import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { GatewayApi } from '../api/gateway-api.js';
import { operationJson, phoneJson } from '../api/public-json.js';
import type { Principal } from '../auth/principal.js';
import { Caller } from '../auth/request-auth.js';
import type { FarmEvent } from './event-hub.js';

const HEARTBEAT_MS = 15_000;
/** A reader that leaves this much unread beyond its beginning is cut off; it comes back and is told all that is. */
const SLOW_BYTES = 4 * 1024 * 1024;

/** Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
@Controller({ path: 'events', version: '1' })
export class EventsController {
  constructor(private readonly api: GatewayApi) {}

  @Get()
  async watch(@Caller() caller: Principal, @Res() reply: FastifyReply): Promise<void> {
    const { raw } = reply;
    let id = 0;
    let open = false;
    let limit = SLOW_BYTES;
    const early: string[] = [];
    const write = (text: string): void => {
      if (!open) early.push(text);
      else if (raw.writableLength > limit) raw.destroy();
      else raw.write(text);
    };
    // The beginning is read first: when Redis is away the answer is a problem, not an empty stream.
    const unlisten = await this.api.listen(caller, (event) => {
      id += 1;
      write(`id: ${id}\nevent: ${event.kind}\ndata: ${JSON.stringify(dataOf(event))}\n\n`);
    });
    const heartbeat = setInterval(() => write(': still here\n\n'), HEARTBEAT_MS);
    const leave = (): void => {
      clearInterval(heartbeat);
      unlisten();
    };
    raw.once('close', leave);
    if (raw.destroyed) {
      leave();
      return;
    }
    reply.hijack();
    raw.writeHead(200, {
      ...reply.getHeaders(),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // nginx would hold events back otherwise.
      'x-accel-buffering': 'no',
    } as Record<string, string>);
    open = true;
    raw.write('retry: 2000\n\n');
    for (const text of early.splice(0)) {
      limit += text.length;
      raw.write(text);
    }
  }
}

function dataOf(event: FarmEvent): unknown {
  switch (event.kind) {
    case 'phone':
      return phoneJson(event.phone);
    case 'phoneRemoved':
      return { phoneId: event.phoneId };
    case 'operation':
      return operationJson(event.operation);
    case 'synced':
      return { phoneIds: event.phoneIds };
  }
}
