import type { Metadata } from '@grpc/grpc-js';
import type { Authenticator } from './authenticator.js';
import type { Principal } from './principal.js';

/** Credentials of gRPC calls: metadata `authorization: Bearer <API key>`. */
export class GrpcAuth {
  readonly #authenticator: Authenticator;

  constructor(authenticator: Authenticator) {
    this.#authenticator = authenticator;
  }

  /** Errors: UNAUTHENTICATED, UNAVAILABLE_STATE. */
  principal(metadata: Metadata): Promise<Principal> {
    const [value] = metadata.get('authorization');
    return this.#authenticator.byHeader(typeof value === 'string' ? value : undefined);
  }
}
