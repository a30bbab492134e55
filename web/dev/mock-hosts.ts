import type { MockFarm } from './mock-farm.ts';
import { Refused, type Route } from './mock-route.ts';

/** The pretended farm's only host, which may be drained as often as one likes and undrained once. */
export function hostRoutes(farm: MockFarm): readonly Route[] {
  let undrained = 0;
  return [
    ['GET', /^\/v1\/hosts$/, () => ({ hosts: farm.hosts })],
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
