import { LoneHost } from '../faults/lone-host.js';
import { check, failures, same } from './checks.js';

/** container-svc inside the virtual machine. `folder`: what the machine was given, the programs beside the service among it. */
export function machineHost(service: string, folder: string, state?: string): LoneHost {
  return new LoneHost({
    service,
    ...(state === undefined ? {} : { state }),
    importDirs: [folder],
    // Everything runs emulated here, on cores that may be busy besides.
    patienceMs: 900_000,
    env: {
      ANCLOUD_BOOT_TIMEOUT: '150s',
      ANCLOUD_INIT_TIMEOUT: '120s',
      ANCLOUD_SHIM_BIN: `${folder}/phone-shim`,
      ANCLOUD_HOSTCAP_BIN: `${folder}/ancloud-hostcap`,
    },
  });
}

/** Runs a scenario, removes the host whatever happened, and sets the exit status: 1 when a check has failed. */
export async function toItsEnd(host: LoneHost, scenario: () => Promise<void>): Promise<void> {
  try {
    await scenario();
  } catch (error) {
    await check('the scenario goes to its end', () => {
      throw error;
    });
  } finally {
    if (failures() > 0) for (const line of host.service.log.slice(-60)) console.log(JSON.stringify(line));
    await check('what is left at the end', async () => same(await host.remove(), []));
  }
  process.exitCode = failures() === 0 ? 0 : 1;
}
