import os from 'node:os';
import {
  absolutePath,
  address,
  type FarmConnection,
  farmConnection,
  farmSettings,
  hostId,
  ipAddress,
  laneAddresses,
  laneSettings,
  loadConfig,
  processSettings,
  type SrtpPolicy,
  srtpSettings,
} from '@ancloud/kit';
import { atLeast, parseScrcpyVersion } from '@ancloud/scrcpy-wire';
import type { ScrcpyVersion } from '@ancloud/scrcpy-wire';
import { z } from 'zod';

const schema = z.object({
  ...processSettings({ grpcPort: 7102 }),
  ...farmSettings('session-svc'),
  ...laneSettings(),
  ...srtpSettings(),
  /** Id of this host in records, the same as container-svc's. */
  ANCLOUD_HOST_ID: hostId(os.hostname()),
  /** What others dial. Default: where it listens. */
  ANCLOUD_GRPC_ADVERTISE: address().optional(),
  /** Private key towards the phones, made when missing; its public half is written beside it as `.pub`. */
  ANCLOUD_ADB_KEY_FILE: absolutePath(),
  /** The file `scrcpy-server` of a scrcpy release. */
  ANCLOUD_SCRCPY_SERVER: absolutePath(),
  /** That release; 3.0 or newer, since key frames are asked for by RESET_VIDEO. */
  ANCLOUD_SCRCPY_VERSION: z
    .string()
    .default('4.1')
    .transform(readVersion)
    .describe('write e.g. 3.3.4 or 4.1'),
  /** Address that phones' RTP leaves from; must reach the media-svcs. */
  ANCLOUD_RTP_LISTEN_IP: ipAddress().default('127.0.0.1'),
});

function readVersion(text: string, context: z.core.$RefinementCtx): ScrcpyVersion {
  try {
    const version = parseScrcpyVersion(text);
    if (atLeast(version, 3, 0)) return version;
    context.addIssue({ code: 'custom', message: 'is older than 3.0' });
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'is no version' });
  }
  return z.NEVER;
}

export interface Config {
  readonly farm: FarmConnection;
  readonly hostId: string;
  readonly grpcListen: string;
  readonly grpcAdvertise: string;
  readonly lanes: { readonly listen: string; readonly advertise: string };
  readonly metricsListen: string | undefined;
  readonly adbKeyFile: string;
  readonly scrcpyServer: string;
  readonly scrcpyVersion: ScrcpyVersion;
  readonly rtpListenIp: string;
  readonly srtp: SrtpPolicy;
}

/** Errors: CONFIG_INVALID with all mistakes. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const read = loadConfig(schema, env);
  return {
    farm: farmConnection(read),
    hostId: read.ANCLOUD_HOST_ID,
    grpcListen: read.ANCLOUD_GRPC_LISTEN,
    grpcAdvertise: read.ANCLOUD_GRPC_ADVERTISE ?? read.ANCLOUD_GRPC_LISTEN,
    lanes: laneAddresses(read),
    metricsListen: read.ANCLOUD_METRICS_LISTEN,
    adbKeyFile: read.ANCLOUD_ADB_KEY_FILE,
    scrcpyServer: read.ANCLOUD_SCRCPY_SERVER,
    scrcpyVersion: read.ANCLOUD_SCRCPY_VERSION,
    rtpListenIp: read.ANCLOUD_RTP_LISTEN_IP,
    srtp: read.ANCLOUD_RTP_SRTP,
  };
}
