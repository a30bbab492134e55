import { execIn, type HostClient } from './host-client.js';

/** Motion events that the phone has had, as its input manager counts them. */
export async function motionEvents(host: HostClient, phoneId: string): Promise<number> {
  const { stdout } = await execIn(host, phoneId, { argv: ['/system/bin/dumpsys', 'input'] });
  const count = /Motion events: (\d+)/.exec(stdout)?.[1];
  if (count === undefined) throw new Error(`dumpsys input: ${stdout}`);
  return Number(count);
}
