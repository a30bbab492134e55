import crypto from 'node:crypto';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { MediaServiceClient, type PipeDown, type PipeOpened } from '@ancloud/contracts/media/v1/media';
import { createClient } from '@ancloud/kit';
import { type FarmAddress, portOf, secretOf } from './farm-address.js';

const PORT_OF_MEDIA = 103;
const GCM_TAG = 16;

/** What a media-svc does as an edge, by hand: the call, and a socket where a mediasoup would be. What arrives is decrypted here. */
export class PipeEdge {
  readonly opened: PipeOpened;
  /** RTP packets as they came. */
  readonly packets: Buffer[] = [];
  readonly #socket: dgram.Socket;
  readonly #close: () => void;

  private constructor(socket: dgram.Socket, opened: PipeOpened, close: () => void) {
    this.#socket = socket;
    this.opened = opened;
    this.#close = close;
  }

  static async open(farm: FarmAddress, phoneId: string): Promise<PipeEdge> {
    const socket = dgram.createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const farmSecret = secretOf(farm, 'farm');
    const port = portOf(farm, PORT_OF_MEDIA);
    const client = createClient(MediaServiceClient, `127.0.0.1:${port}`, { farmSecret });
    const call = client.openPipe();
    const edge = {
      mediaId: 'by-hand',
      mediaAddress: '127.0.0.1:9',
      region: 'nowhere',
      viewers: 0,
      pinned: 0,
      full: true,
    };
    const end = {
      ip: '127.0.0.1',
      port: socket.address().port,
      cryptoSuite: 'AEAD_AES_256_GCM',
      key: crypto.randomBytes(44).toString('base64'),
    };
    call.write({ message: { $case: 'open', value: { phoneId, edge, end } } });
    const close = (): void => {
      call.end();
      call.cancel();
      client.close();
      socket.close();
    };
    try {
      const [{ message }] = (await once(call, 'data')) as [PipeDown];
      if (message?.$case !== 'opened') throw new Error(`the origin answered ${message?.$case ?? 'nothing'}`);
      // Cancelled by ourselves later.
      call.on('error', () => undefined);
      const made = new PipeEdge(socket, message.value, close);
      socket.on('message', (bytes) => {
        // RFC 5761: the second byte of RTCP's packets.
        const type = bytes[1] ?? 0;
        if (type < 192 || type > 223) made.packets.push(bytes);
      });
      call.write({ message: { $case: 'wish', value: { loss: false, low: false } } });
      return made;
    } catch (error) {
      close();
      throw error;
    }
  }

  /** What is in a packet (RFC 7714), by the key that the origin told. Throws when its tag is not of that key. */
  decrypt(packet: Buffer): Buffer {
    const master = Buffer.from(this.opened.end?.key ?? '', 'base64');
    const derive = (label: number, length: number): Buffer => {
      const iv = Buffer.concat([master.subarray(32), Buffer.alloc(4)]);
      iv[7] = (iv[7] ?? 0) ^ label;
      return crypto.createCipheriv('aes-256-ctr', master.subarray(0, 32), iv).update(Buffer.alloc(length));
    };
    const salt = derive(2, 12);
    const counter = Buffer.alloc(12);
    packet.copy(counter, 2, 8, 12);
    packet.copy(counter, 10, 2, 4);
    const iv = counter.map((byte, i) => byte ^ (salt[i] ?? 0));
    const header = headerLength(packet);
    const decipher = crypto.createDecipheriv('aes-256-gcm', derive(0, 32), iv);
    decipher.setAAD(packet.subarray(0, header));
    decipher.setAuthTag(packet.subarray(packet.length - GCM_TAG));
    const plain = decipher.update(packet.subarray(header, packet.length - GCM_TAG));
    return Buffer.concat([plain, decipher.final()]);
  }

  /** As an edge that dies. */
  close(): void {
    this.#socket.removeAllListeners('message');
    this.#close();
  }
}

/** RFC 3550, section 5.1: sources, and the extension. */
function headerLength(packet: Buffer): number {
  const first = packet[0] ?? 0;
  const fixed = 12 + 4 * (first & 0x0f);
  return (first & 0x10) === 0 ? fixed : fixed + 4 + 4 * packet.readUInt16BE(fixed + 2);
}
