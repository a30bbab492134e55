import { idPattern } from '@ancloud/contracts';
import type { Operation } from '@ancloud/contracts/state/v1/state';
import { owns, type Principal } from '../auth/principal.js';
import { operationNotFound } from '../errors.js';
import type { OperationStore } from './operation-store.js';

/** The operation, after the tenant check. Errors: OPERATION_NOT_FOUND, also for somebody else's. */
export async function getOperation(
  store: OperationStore,
  principal: Principal,
  operationId: string,
): Promise<Operation> {
  const operation = idPattern.test(operationId) ? await store.get(operationId) : undefined;
  if (operation === undefined || !owns(principal, operation.owner)) throw operationNotFound(operationId);
  return operation;
}
