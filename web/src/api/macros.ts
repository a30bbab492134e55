import type { Http } from './http.js';
import type { Macro } from './types.js';

export interface WholeMacro extends Macro {
  readonly steps: readonly unknown[];
}

const pathOf = (macroId: string): string => `/v1/macros/${encodeURIComponent(macroId)}`;

export function getMacro(http: Http, macroId: string): Promise<WholeMacro> {
  return http.json('GET', pathOf(macroId));
}

/** A new one when `macroId` is undefined. */
export function keepMacro(
  http: Http,
  macroId: string | undefined,
  macro: Pick<WholeMacro, 'name' | 'steps'>,
): Promise<WholeMacro> {
  return macroId === undefined
    ? http.json('POST', '/v1/macros', { body: macro })
    : http.json('PATCH', pathOf(macroId), { body: macro });
}
