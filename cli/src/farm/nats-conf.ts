import { permissionsOf, serviceNames, type ServiceName } from '@ancloud/contracts';
import type { TlsFiles } from '../layout.js';

/** Each user's replies have a prefix of their own (packages/bus), so that no service reads another's answers. */
function inboxOf(name: ServiceName): string {
  return `_INBOX_${name.replaceAll(/[^A-Za-z0-9]/g, '_')}.>`;
}

/**
 * nats-server's configuration, rendered from the contracts' subject table: each service has its own user and may
 * publish and subscribe what the table says, plus its reply inbox. So nothing but input-svc can touch a phone, whatever
 * runs on the host. Pure; the file is written with mode 0600.
 */
export function natsConfig(options: {
  readonly port: number;
  /** Address to listen on; default loopback. Anything else only in a network of the farm's own. */
  readonly ip?: string;
  readonly pidFile: string;
  readonly passwords: Readonly<Record<ServiceName, string>>;
  /** Who connects shows a certificate of the farm's authority. Default: plain text. */
  readonly tls?: TlsFiles | undefined;
}): string {
  const quote = (text: string): string => JSON.stringify(text);
  const list = (subjects: readonly string[]): string => `[${subjects.map(quote).join(', ')}]`;
  const users = serviceNames.map((name) => {
    const { publish, subscribe } = permissionsOf(name);
    return `    { user: ${quote(name)}, password: ${quote(options.passwords[name])}, permissions: {
        publish: { allow: ${list(publish)} }, subscribe: { allow: ${list([...subscribe, inboxOf(name)])} }, allow_responses: true } }`;
  });
  const { tls } = options;
  const guarded =
    tls === undefined
      ? ''
      : `tls { ca_file: ${quote(tls.ca)}, cert_file: ${quote(tls.cert)}, key_file: ${quote(tls.key)}, verify: true }\n`;
  return `# Written by ancloud at each start. Facts and touches, nothing is stored.
listen: "${options.ip ?? '127.0.0.1'}:${options.port}"
pid_file: ${quote(options.pidFile)}
max_payload: 1MB
write_deadline: "2s"
${guarded}authorization {
  users: [
${users.join(',\n')}
  ]
}
`;
}
