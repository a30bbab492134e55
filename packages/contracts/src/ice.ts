/**
 * What the ICE self-test finds, each once, with the word that machines branch on. As with error codes: added, never renamed.
 * `level` is the one that a finding has unless what else was found softens it.
 */
export const iceCodes = {
  NO_MEDIA: { level: 'fail', title: 'No media-svc is connected to the farm' },
  WORKER_SILENT: { level: 'fail', title: 'A media worker answers nobody, not even on its own address' },
  ADDRESS_OWN: { level: 'ok', title: "The announced address is this machine's" },
  ADDRESS_NAT: { level: 'ok', title: "The announced address is declared, and another machine's: a NAT's" },
  ADDRESS_LOOPBACK: {
    level: 'fail',
    title: 'The announced address is loopback, and the farm is called by another',
  },
  ADDRESS_PRIVATE: {
    level: 'warn',
    title: 'The announced address is private, and the farm is called by a public one',
  },
  ADDRESS_UNSPECIFIED: { level: 'fail', title: 'The announced address is no address: 0.0.0.0 or ::' },
  ADDRESS_UNKNOWN: { level: 'fail', title: 'The announced name has no address' },
  UDP_ANSWERED: { level: 'ok', title: 'The announced address and port answer by UDP' },
  UDP_SILENT: { level: 'fail', title: 'The announced address and port do not answer by UDP' },
  TCP_ANSWERED: { level: 'ok', title: 'The announced address and port answer by TCP' },
  TCP_SILENT: { level: 'warn', title: 'The announced address and port do not answer by TCP' },
  STUN_ANSWERED: { level: 'ok', title: 'A STUN server answers' },
  STUN_SILENT: { level: 'warn', title: 'A STUN server does not answer' },
  TURN_NONE: { level: 'warn', title: 'Viewers are told no TURN server' },
  TURN_ALLOCATED: { level: 'ok', title: 'A TURN server took the credentials and gave an address' },
  TURN_SILENT: { level: 'fail', title: 'A TURN server does not answer' },
  TURN_REFUSED: { level: 'fail', title: 'A TURN server refused the credentials' },
  TURN_FAILED: { level: 'fail', title: 'A TURN server gave no address' },
  TURN_RELAYED: { level: 'ok', title: 'A TURN server relays to the media port' },
  TURN_RELAY_REFUSED: { level: 'fail', title: 'A TURN server may not relay to the media port' },
  TURN_RELAY_SILENT: { level: 'fail', title: 'What a TURN server relays to the media port is not answered' },
  URL_ANSWERED: { level: 'ok', title: 'The public URL leads to this farm' },
  URL_SILENT: { level: 'warn', title: 'The public URL does not answer from here' },
  URL_OTHER: { level: 'fail', title: 'Something else answers at the public URL' },
  URL_INSECURE: { level: 'warn', title: 'The public URL is plain HTTP, and not of this machine' },
  SIGNAL_OPENED: { level: 'ok', title: 'The signalling WebSocket opens at the public URL' },
  SIGNAL_REFUSED: { level: 'fail', title: 'The signalling WebSocket does not open at the public URL' },
} as const satisfies Record<string, { readonly level: 'ok' | 'warn' | 'fail'; readonly title: string }>;

export type IceCode = keyof typeof iceCodes;
