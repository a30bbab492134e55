/** A browser makes one for each of its interfaces, transports and ways to the server; more would take the ports of others. */
const ALLOCATIONS_OF_VIEWER = 64;

/**
 * coturn's configuration: logins that the gateway makes under the shared secret, and nobody to relay to. Whom it may relay to is said when it is
 * started (`--allowed-peer-ip`): the address that the media are announced at, which is not known here.
 */
export function turnConfig(options: { readonly port: number; readonly secret: string }): string {
  return `# Written by ancloud at each start.
listening-port=${options.port}
use-auth-secret
static-auth-secret=${options.secret}
realm=ancloud
no-cli
no-tls
no-dtls
no-tcp-relay
no-multicast-peers
user-quota=${ALLOCATIONS_OF_VIEWER}
denied-peer-ip=0.0.0.0-255.255.255.255
denied-peer-ip=::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
log-file=stdout
simple-log
pidfile=/tmp/turnserver.pid
userdb=/tmp/turndb
`;
}
