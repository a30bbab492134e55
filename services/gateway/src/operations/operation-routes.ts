import type { RouteDoc } from '../api/route-doc.js';
import { operation, waitQuery } from './operation-schemas.js';

const tag = 'operations';

export const operationRoutes: readonly RouteDoc[] = [
  {
    method: 'GET',
    path: '/v1/operations/{operationId}',
    operationId: 'getOperation',
    tag,
    summary: 'One operation',
    ok: { status: 200, description: 'The operation', schema: operation },
    errors: ['OPERATION_NOT_FOUND'],
  },
  {
    method: 'GET',
    path: '/v1/operations/{operationId}/wait',
    operationId: 'waitOperation',
    tag,
    summary: 'One operation, when it has ended',
    description: 'Answers as soon as it has ended, or with its state after `timeoutMs`.',
    query: waitQuery,
    ok: { status: 200, description: 'The operation', schema: operation },
    errors: ['OPERATION_NOT_FOUND'],
  },
];
