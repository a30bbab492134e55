import type { MockFarm } from './mock-farm.ts';
import { Refused, type Route } from './mock-route.ts';

/** One that is full, and one that is older than the budgets. */
const mediaServices = (): object[] => [
  {
    mediaId: 'media-1',
    region: 'fra',
    workers: 2,
    phones: 3,
    viewers: 640,
    packets: 201_300,
    budget: { viewers: 1_000, packets: 200_000 },
    full: true,
    updatedAt: new Date().toISOString(),
    recordings: { used: 512 << 20, budget: 10 * 2 ** 30 },
  },
  {
    mediaId: 'media-2',
    region: '',
    workers: 1,
    phones: 0,
    viewers: 0,
    packets: 0,
    budget: null,
    full: false,
    updatedAt: new Date().toISOString(),
    recordings: null,
  },
];

/** The pretended farm's only host, which may be drained as often as one likes and undrained once. */
export function hostRoutes(farm: MockFarm): readonly Route[] {
  let undrained = 0;
  return [
    ['GET', /^\/v1\/hosts$/, () => ({ hosts: farm.hosts })],
    ['GET', /^\/v1\/media-services$/, () => ({ mediaServices: mediaServices() })],
    [
      'PATCH',
      /^\/v1\/hosts\/([\w-]+)$/,
      ({ body }) => {
        const schedulable = body['schedulable'] === true;
        if (schedulable && undrained++ > 0)
          throw new Refused(
            409,
            'HOST_DRAINED',
            'letting this host take phones: its configuration keeps it drained',
            'start container-svc there without it',
          );
        farm.schedulable = schedulable;
        return farm.hosts[0];
      },
    ],
  ];
}
