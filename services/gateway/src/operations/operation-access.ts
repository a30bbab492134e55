import { idPattern } from '@ancloud/contracts';
import type { Operation } from '@ancloud/contracts/state/v1/state';
import { owns, type Principal } from '../auth/principal.js';
import { invalid, operationNotFound } from '../errors.js';
import type { OperationStore } from './operation-store.js';

/** The operation, after the tenant check. Errors: INVALID_ARGUMENT for what is no id; OPERATION_NOT_FOUND, also for somebody else's. */
export async function getOperation(
  store: OperationStore,
  principal: Principal,
  operationId: string,
): Promise<Operation> {
  if (!idPattern.test(operationId))
    throw invalid(
      'operationId',
      operationId,
      'operationId is not the id of an operation',
      'use it as it came',
    );
  const operation = await store.get(operationId);
  if (operation === undefined || !owns(principal, operation.owner)) throw operationNotFound(operationId);
  return operation;
}
