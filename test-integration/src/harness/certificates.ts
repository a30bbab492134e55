import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const ISSUE = path.join(import.meta.dirname, '../../../tools/tls/issue.sh');

/** One certificate of an authority, as texts and as the environment that names its files. */
export interface Issued {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly env: Readonly<
    Record<'ANCLOUD_TLS_CA_FILE' | 'ANCLOUD_TLS_CERT_FILE' | 'ANCLOUD_TLS_KEY_FILE', string>
  >;
}

/** As an operator does it: by the authority in `folder`, which is made when there is none. */
export function issue(folder: string, name: string, hosts: readonly string[]): Issued {
  execFileSync(ISSUE, [folder, name, ...hosts]);
  const file = (of: string): string => path.join(folder, of);
  const env = {
    ANCLOUD_TLS_CA_FILE: file('ca.pem'),
    ANCLOUD_TLS_CERT_FILE: file(`${name}.pem`),
    ANCLOUD_TLS_KEY_FILE: file(`${name}.key`),
  };
  const text = (name: string): string => fs.readFileSync(name, 'utf8');
  return {
    ca: text(env.ANCLOUD_TLS_CA_FILE),
    cert: text(env.ANCLOUD_TLS_CERT_FILE),
    key: text(env.ANCLOUD_TLS_KEY_FILE),
    env,
  };
}
