import { ContainerServiceClient, type ExecOutput } from '@ancloud/contracts/container/v1/container';
import { createClient, type Liveness } from '@ancloud/kit';
import { PATIENCE_MS } from './eventually.js';
import { type FarmAddress, portOf, secretOf } from './farm-address.js';

export type HostClient = ReturnType<typeof hostClient>;

/**
 * container-svc of the farm's host, asked as the gateway asks it. The caller closes it. `liveness`: of who does not lose it while it is stopped for
 * longer than a gateway would wait.
 */
export function hostClient(farm: FarmAddress, liveness?: Liveness) {
  const farmSecret = secretOf(farm, 'farm');
  const port = portOf(farm, 101);
  return createClient(ContainerServiceClient, `127.0.0.1:${port}`, {
    farmSecret,
    deadlineMs: PATIENCE_MS,
    ...(liveness === undefined ? {} : { liveness }),
  });
}

export interface Command {
  readonly argv: string[];
  readonly uid?: number;
  readonly env?: Record<string, string>;
  readonly stdin?: string;
}

export interface Said {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** Runs a command in a phone, past its adbd. */
export async function execIn(host: HostClient, phoneId: string, command: Command): Promise<Said> {
  const call = host.exec();
  const said = { stdout: '', stderr: '', exitCode: -1 };
  call.on('data', ({ output }: ExecOutput) => {
    if (output?.$case === 'exitCode') said.exitCode = output.value;
    else if (output !== undefined) said[output.$case] += Buffer.from(output.value).toString();
  });
  const { argv, uid = 0, env = {}, stdin = '' } = command;
  call.write({ input: { $case: 'start', value: { phoneId, argv, uid, env } } });
  call.write({ input: { $case: 'stdin', value: Buffer.from(stdin) } });
  call.write({ input: { $case: 'stdinClosed', value: true } });
  await new Promise<void>((resolve, reject) => call.once('end', resolve).once('error', reject));
  return said;
}

/** A line in the phone's log, as its init would say it. */
export async function sayInLog(host: HostClient, phoneId: string, words: string): Promise<void> {
  const argv = ['/system/bin/sh', '-c', 'cat > /dev/kmsg'];
  const { exitCode, stderr } = await execIn(host, phoneId, { argv, stdin: `<6>${words}\n` });
  if (exitCode !== 0) throw new Error(`writing to the log of ${phoneId}: ${stderr}`);
}
