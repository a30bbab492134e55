import { createSocket, type Socket } from 'node:dgram';
import { connect, createServer, type Server } from 'node:net';
import { once } from 'node:events';

/** A NAT's way in on loopback: what comes to `from` goes to `to`, and what answers goes back. By UDP always, by TCP as well when asked for. */
export class NatDoor {
  readonly #udp: Socket;
  readonly #inside = new Map<string, Socket>();
  readonly #tcp: Server | undefined;

  private constructor(udp: Socket, tcp: Server | undefined) {
    this.#udp = udp;
    this.#tcp = tcp;
  }

  static async open(from: string, to: string, port: number, tcp: boolean): Promise<NatDoor> {
    const udp = createSocket('udp4');
    const server = tcp
      ? createServer((outside) => {
          const inside = connect(port, to);
          for (const [one, other] of [
            [outside, inside],
            [inside, outside],
          ] as const) {
            one.pipe(other);
            one.on('error', () => other.destroy());
          }
        })
      : undefined;
    const door = new NatDoor(udp, server);
    udp.on('message', (message, { address, port: source }) => {
      const key = `${address}:${source}`;
      let inside = door.#inside.get(key);
      if (inside === undefined) {
        inside = createSocket('udp4');
        inside.on('message', (answer) => udp.send(answer, source, address));
        door.#inside.set(key, inside);
      }
      inside.send(message, port, to);
    });
    udp.bind(port, from);
    server?.listen(port, from);
    await Promise.all([once(udp, 'listening'), server === undefined ? undefined : once(server, 'listening')]);
    return door;
  }

  close(): void {
    this.#udp.close();
    for (const inside of this.#inside.values()) inside.close();
    this.#tcp?.close();
  }
}
