import type { RouteDoc } from '../api/route-doc.js';

export const eventRoutes: readonly RouteDoc[] = [
  {
    method: 'GET',
    path: '/v1/events',
    operationId: 'watchEvents',
    tag: 'events',
    summary: 'Changes of phones and operations (server-sent events)',
    description: [
      'Each connection begins with an event `phone` for every phone of the caller and then `synced` {"phoneIds":[…]}: a reader',
      'forgets all others. Then `phone` (the phone), `phoneRemoved` {"phoneId"} and `operation` (the operation) follow as',
      'things change. Ids grow within one connection; nothing is replayed, the beginning tells all that is. A comment comes',
      'every 15 s.',
    ].join(' '),
    ok: { status: 200, description: 'An endless stream', mediaType: 'text/event-stream' },
    errors: [],
  },
];
