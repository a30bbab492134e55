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
  /** What macros that wait for a text read it by: tesseract's languages, joined by `+`. Default: English. */
  ANCLOUD_OCR_LANGUAGE: z
    .string()
    .regex(
      /^[A-Za-z_]{2,20}(?:\+[A-Za-z_]{2,20}){0,7}$/,
      "is no language of tesseract such as 'eng' or 'eng+deu'",
    )
    .default('eng'),
});

export interface Config {
  readonly farm: FarmConnection;
  readonly inputId: string;
  readonly grpcListen: string;
  readonly grpcAdvertise: string;
  readonly ocrLanguage: string;
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
    ocrLanguage: read.ANCLOUD_OCR_LANGUAGE,
    lanes: laneAddresses(read),
    metricsListen: read.ANCLOUD_METRICS_LISTEN,
  };
}
