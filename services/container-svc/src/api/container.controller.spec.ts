import { PhoneStatus } from '@ancloud/contracts/state/v1/state';
import { expect, it } from 'vitest';
import { ContainerController } from './container.controller.js';
import type { HostApi } from './host-api.js';

it('lists the phones of before its start only when each of them has been looked at', async () => {
  const looked = Promise.withResolvers<void>();
  const statuses: PhoneStatus[] = [];
  const phones = { seen: () => looked.promise, statuses: () => [...statuses] };
  const listed = new ContainerController({ host: { phones } } as unknown as HostApi).listPhones();
  statuses.push(PhoneStatus.fromPartial({ phoneId: 'ph_a' }));
  looked.resolve();
  await expect(listed).resolves.toEqual({ phones: statuses });
  expect(statuses).toHaveLength(1);
});
