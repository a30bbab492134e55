import { AppError } from '@ancloud/kit';
import { Controller, Get, Inject, VERSION_NEUTRAL } from '@nestjs/common';
import { openapi } from './openapi.js';

/** What the probes look at. */
export interface Readiness {
  readonly publicUrl: string;
  readonly state: { readonly status: string };
  readonly bus: { readonly status: string };
}
export const READINESS = Symbol('readiness');

@Controller({ version: VERSION_NEUTRAL })
export class ServiceController {
  readonly #world: Readiness;
  readonly #document: unknown;

  constructor(@Inject(READINESS) world: Readiness) {
    this.#world = world;
    this.#document = openapi('1.0.0', world.publicUrl);
  }

  @Get('healthz')
  health() {
    return { ok: true };
  }

  /** Errors: UNAVAILABLE_STATE, UNAVAILABLE_BUS. */
  @Get('readyz')
  ready() {
    if (this.#world.state.status !== 'connected')
      throw new AppError('UNAVAILABLE_STATE', 'Redis is not reachable');
    if (this.#world.bus.status !== 'connected')
      throw new AppError('UNAVAILABLE_BUS', 'NATS is not reachable');
    return { ok: true };
  }

  @Get('v1/openapi.json')
  document() {
    return this.#document;
  }
}
