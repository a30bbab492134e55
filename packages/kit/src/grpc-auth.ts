import type { Metadata } from '@grpc/grpc-js';
import { AppError } from './errors.js';
import { constantTimeEqual } from './secret.js';

/** How callers prove who they are. Health is open to all; callers on a unix socket are let in by its file mode (0600). */
export type GrpcAuth =
  /** `authorization: Bearer <secret>`, compared in constant time. */
  | { readonly farmSecret: string }
  /** Throws (an AppError) or rejects to refuse. `path` is `/package.Service/Method`. */
  | { readonly check: (metadata: Metadata, path: string) => void | Promise<void> };

const HEALTH = '/grpc.health.v1.Health/';

/**
 * Lets one call in, by its metadata alone: before its message is parsed. `local`: it came over a unix socket.
 * Errors: FORBIDDEN for a service that answers on unix sockets only; UNAUTHENTICATED; what `check` throws.
 */
export async function authorize(
  call: { readonly metadata: Metadata; readonly path: string; readonly local: boolean },
  by: { readonly auth: GrpcAuth; readonly localOnly?: readonly string[] | undefined },
): Promise<void> {
  const { metadata, path, local } = call;
  if (path.startsWith(HEALTH) || local) return;
  const service = path.slice(1, path.lastIndexOf('/'));
  if (by.localOnly?.includes(service) === true)
    throw new AppError('FORBIDDEN', `${service} answers on its unix socket only`, { field: 'address' });
  if ('check' in by.auth) {
    await by.auth.check(metadata, path);
    return;
  }
  const [header] = metadata.get('authorization');
  const given = typeof header === 'string' ? header : '';
  if (!given.startsWith('Bearer ') || !constantTimeEqual(given.slice('Bearer '.length), by.auth.farmSecret))
    throw new AppError('UNAUTHENTICATED', `${path}: the farm secret is missing or wrong`, {
      field: 'authorization',
      fix: "use the content of the farm's secret file as the bearer token",
    });
}
