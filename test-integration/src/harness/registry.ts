import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

/** Of the OCI distribution-spec what a pull asks for: manifests by tag or digest, and blobs. Serves one OCI layout, under any name. */
export class Registry {
  readonly #layout: string;
  readonly #server: http.Server;
  /** What a test makes of a blob on its way out: other bytes, or `hang` for a registry that stops in the middle. */
  tamper: (digest: string, bytes: Buffer) => Buffer | 'hang' = (_, bytes) => bytes;

  private constructor(layout: string) {
    this.#layout = layout;
    this.#server = http.createServer((request, response) => this.#serve(request, response));
  }

  static async start(layout: string): Promise<Registry> {
    const registry = new Registry(layout);
    await new Promise<void>((resolve) => registry.#server.listen(0, '127.0.0.1', resolve));
    return registry;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve({ url = '', method }: http.IncomingMessage, response: http.ServerResponse): void {
    const [, kind, reference = ''] = /\/(manifests|blobs)\/([^/]+)$/.exec(url) ?? [];
    if (kind === undefined) {
      response.writeHead(url === '/v2/' ? 200 : 404).end();
      return;
    }
    const digest = reference.startsWith('sha256:') ? reference : this.#tagged(reference);
    const file = path.join(this.#layout, 'blobs', digest.replace(':', '/'));
    if (digest === '' || !fs.existsSync(file)) {
      const errors = [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }];
      response.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify({ errors }));
      return;
    }
    const bytes = fs.readFileSync(file);
    const type =
      kind === 'manifests' ? 'application/vnd.oci.image.manifest.v1+json' : 'application/octet-stream';
    response.writeHead(200, {
      'content-type': type,
      'content-length': bytes.length,
      'docker-content-digest': `sha256:${crypto.createHash('sha256').update(bytes).digest('hex')}`,
    });
    const sent = kind === 'blobs' ? this.tamper(digest, bytes) : bytes;
    if (method === 'HEAD') response.end();
    else if (sent === 'hang') response.write(bytes.subarray(0, bytes.length / 2));
    else response.end(sent);
  }

  /** Digest of what the layout's index names so; empty when it names nothing. */
  #tagged(name: string): string {
    const { manifests } = JSON.parse(fs.readFileSync(path.join(this.#layout, 'index.json'), 'utf8')) as {
      manifests: { digest: string; annotations?: Record<string, string> }[];
    };
    const tag = 'org.opencontainers.image.ref.name';
    return manifests.find(({ annotations }) => annotations?.[tag] === name)?.digest ?? '';
  }
}
