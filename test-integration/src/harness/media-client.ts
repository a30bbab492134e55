import { execFileSync } from 'node:child_process';
import { type FeedView, MediaServiceClient, type StreamView } from '@ancloud/contracts/media/v1/media';
import { createClient, type GrpcClient } from '@ancloud/kit';
import { NotYet, PATIENCE_MS } from './eventually.js';
import { type FarmAddress, portOf, secretOf } from './farm-address.js';

/** Where a farm's media-svcs listen, as cli/src/layout.ts places them. */
const PORTS = { 'media-svc': 103, 'media-svc-2': 106 } as const;
export type MediaName = keyof typeof PORTS;

/** A media-svc as its admin sees it: the stream of a phone. Throws NotYet while there is none. */
export async function streamOf(
  farm: FarmAddress,
  phone: string,
  media: MediaName = 'media-svc',
): Promise<StreamView> {
  const { streams } = await asking(farm, media, (client) => client.listStreams({}));
  const found = streams.find(({ record }) => record?.phoneId === phone);
  if (found === undefined) throw new NotYet(`phone ${phone} has no stream`);
  return found;
}

/** The feeds that arrive at a media-svc. */
export async function feedsOf(farm: FarmAddress, media: MediaName): Promise<readonly FeedView[]> {
  return (await asking(farm, media, (client) => client.listFeeds({}))).feeds;
}

async function asking<T>(
  farm: FarmAddress,
  media: MediaName,
  ask: (client: GrpcClient<(typeof MediaServiceClient)['service']>) => Promise<T>,
): Promise<T> {
  const farmSecret = secretOf(farm, 'farm');
  const port = portOf(farm, PORTS[media]);
  const client = createClient(MediaServiceClient, `127.0.0.1:${port}`, {
    farmSecret,
    deadlineMs: PATIENCE_MS,
  });
  try {
    return await ask(client);
  } finally {
    client.close();
  }
}

/** Pid of media worker `index`: the process that has its UDP port. */
export function mediaWorkerPid(farm: FarmAddress, index: number): number {
  const port = portOf(farm, 300 + index);
  const text = execFileSync('ss', ['-Hulnp', `sport = :${port}`], { encoding: 'utf8' });
  const pid = /pid=(\d+)/.exec(text)?.[1];
  if (pid === undefined) throw new Error(`nobody has UDP port ${port}: ${text}`);
  return Number(pid);
}
