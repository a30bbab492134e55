import type { Http } from './http.js';

/** One change of who holds a phone's controls. */
export interface AuditLine {
  readonly at: string | null;
  readonly what: 'took' | 'ended' | 'revoked' | (string & {});
  readonly viewerId: string;
  readonly viewerName: string;
  readonly role: string;
  /** How or why: `touched`, `asked`, `handed over by vw_…`. */
  readonly how: string;
  /** Of `ended`: inputs that went to the phone meanwhile. */
  readonly inputs: number;
}

/** The farm keeps so many of a phone, for 30 days. */
export const AUDIT_MAX = 1_000;

/** Newest first. */
export async function readAudit(http: Http, phoneId: string, limit: number): Promise<readonly AuditLine[]> {
  const path = `/v1/phones/${encodeURIComponent(phoneId)}/control/audit?limit=${limit}`;
  return (await http.json<{ lines: AuditLine[] }>('GET', path)).lines;
}
