import os from 'node:os';
import {
  address,
  type FarmConnection,
  farmConnection,
  farmSettings,
  instanceId,
  laneAddresses,
  laneSettings,
  loadConfig,
  processSettings,
} from '@ancloud/kit';
import { z } from 'zod';

const schema = z.object({
  ...processSettings({ grpcPort: 7104 }),
  ...farmSettings('input-svc'),
  ...laneSettings(),
  /** Id of this instance in leases. */
  ANCLOUD_INPUT_ID: instanceId('input', os.hostname()),
  /** What gateways dial. Default: where it listens. */
  ANCLOUD_GRPC_ADVERTISE: address().optional(),
});

export interface Config {
  readonly farm: FarmConnection;
  readonly inputId: string;
  readonly grpcListen: string;
  readonly grpcAdvertise: string;
  readonly lanes: { readonly listen: string; readonly advertise: string };
  readonly metricsListen: string | undefined;
}

/** Errors: CONFIG_INVALID with all mistakes. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const read = loadConfig(schema, env);
  return {
    farm: farmConnection(read),
    inputId: read.ANCLOUD_INPUT_ID,
    grpcListen: read.ANCLOUD_GRPC_LISTEN,
    grpcAdvertise: read.ANCLOUD_GRPC_ADVERTISE ?? read.ANCLOUD_GRPC_LISTEN,
    lanes: laneAddresses(read),
    metricsListen: read.ANCLOUD_METRICS_LISTEN,
  };
}
