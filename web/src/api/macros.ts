import type { Http } from './http.js';
import type { Macro } from './types.js';

export interface WholeMacro extends Macro {
  readonly steps: readonly unknown[];
  /** Another one with every change. */
  readonly revision: number;
}

const pathOf = (macroId: string): string => `/v1/macros/${encodeURIComponent(macroId)}`;

export function getMacro(http: Http, macroId: string): Promise<WholeMacro> {
  return http.json('GET', pathOf(macroId));
}

export function makeMacro(http: Http, macro: Pick<WholeMacro, 'name' | 'steps'>): Promise<WholeMacro> {
  return http.json('POST', '/v1/macros', { body: macro });
}

/** Refused (MACRO_CHANGED) unless the macro is still of the revision that was seen. */
export function changeMacro(
  http: Http,
  macroId: string,
  body: Pick<WholeMacro, 'name' | 'steps' | 'revision'>,
): Promise<WholeMacro> {
  return http.json('PATCH', pathOf(macroId), { body });
}
