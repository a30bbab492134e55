import { GatewayServiceClient } from '@ancloud/contracts/gateway/v1/gateway';
import { AppError, createClient, type GrpcClient } from '@ancloud/kit';
import { expect } from 'vitest';
import { PATIENCE_MS } from './eventually.js';
import { portOf } from './farm-address.js';
import type { Farm } from './farm.js';

/** The farm's gRPC API as its admin has it. The caller closes it. */
export const partnerOf = (farm: Farm): GrpcClient<typeof GatewayServiceClient.service> =>
  createClient(GatewayServiceClient, `127.0.0.1:${portOf(farm.address, 81)}`, {
    farmSecret: farm.apiKey,
    deadlineMs: PATIENCE_MS,
  });

/** A call is refused with that code, and the details of the error name the caller's field, where it is one's fault, and tell what to do. */
export async function refused(
  call: () => Promise<unknown>,
  code: string,
  field: string | undefined,
): Promise<void> {
  const error = await call().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof AppError)) throw new Error(`it was not refused with ${code}`, { cause: error });
  const { fix } = error;
  expect({ code: error.code, field: error.field, fix }).toEqual({
    code,
    field,
    fix: expect.stringMatching(/\w/),
  });
}
