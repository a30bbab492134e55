import { Stage } from '@ancloud/contracts/state/v1/state';
import type { LoneHost } from './lone-host.js';

/** The two images of the tier; the same guest, told apart by what stands behind the filesystem. */
export interface Images {
  readonly first: string;
  readonly second: string;
}

/**
 * One thing that is asked of a phone, in the course of which steps run. The same functions are used to learn which steps those are
 * and to kill container-svc in each of them.
 */
export interface Scenario {
  /** Brings the phone to where the wish makes sense. The service runs. */
  readonly begin: (host: LoneHost, phone: string, images: Images) => Promise<void>;
  /** Asks. May fail because the service is killed meanwhile; may be asked again. */
  readonly wish: (host: LoneHost, phone: string, images: Images) => Promise<unknown>;
  /** Resolves when what was asked for is so. */
  readonly reached: (host: LoneHost, phone: string) => Promise<unknown>;
  /** Steps to be killed in although an earlier scenario runs them: this wish must survive there too. */
  readonly again?: readonly string[];
  /** The stage that the phone is in when it is asked; default READY, null = not waited for. */
  readonly from?: Stage | null;
  /** Environment of every start of the service. */
  readonly env?: Readonly<Record<string, string>>;
}

export const ready = (host: LoneHost, phone: string): Promise<unknown> =>
  host.until(phone, Stage.STAGE_READY);

export async function beReady(host: LoneHost, phone: string, { first }: Images): Promise<void> {
  await host.run(phone, { imageId: first });
}

export const stop = (host: LoneHost, phone: string): Promise<unknown> =>
  host.local.stopContainer({ phoneId: phone, remove: false });

export async function absent(host: LoneHost, phone: string): Promise<void> {
  const { phones } = await host.phones.listPhones({});
  if (phones.some(({ phoneId }) => phoneId === phone))
    await host.local.stopContainer({ phoneId: phone, remove: true });
}
