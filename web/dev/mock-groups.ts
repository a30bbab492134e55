import { Refused, type Route } from './mock-route.ts';

interface MockGroup {
  readonly groupId: string;
  readonly phoneIds: readonly string[];
  readonly exclude: readonly string[];
  readonly revision: number;
}

/** Groups of a pretended farm, whose phones always do what is done. */
export function groupRoutes(): readonly Route[] {
  const groups = new Map<string, MockGroup>();
  const group = (id: string): MockGroup => {
    const found = groups.get(id);
    if (found === undefined) throw new Refused(404, 'GROUP_NOT_FOUND', `there is no group ${id}`);
    return found;
  };
  const state = (id: string): unknown => {
    const one = group(id);
    const members = one.phoneIds.map((phoneId, index) => ({
      phoneId,
      state: one.exclude.includes(phoneId) ? 'excluded' : 'follows',
      refused: index === 0 ? 3 : 0,
    }));
    return {
      ...one,
      members,
      times: { samples: 40, reachP50Ms: 1.9, reachP99Ms: 3.2, skewP50Ms: 0.6, skewP99Ms: 1.4 },
    };
  };
  return [
    ['GET', /^\/v1\/groups$/, () => ({ groups: [...groups.values()] })],
    [
      'POST',
      /^\/v1\/groups$/,
      ({ body }) => {
        const made = { ...body, groupId: `gr_${groups.size + 1}`, revision: 1 } as unknown as MockGroup;
        groups.set(made.groupId, made);
        return made;
      },
    ],
    ['GET', /^\/v1\/groups\/(\w+)$/, ({ part }) => state(part)],
    [
      'PATCH',
      /^\/v1\/groups\/(\w+)$/,
      ({ part, body: { revision, ...change } }) => {
        const one = group(part);
        if (revision !== undefined && revision !== one.revision)
          throw new Refused(409, 'GROUP_CHANGED', `group ${part} was changed meanwhile`);
        return Object.assign(one, change, { revision: one.revision + 1 });
      },
    ],
    ['DELETE', /^\/v1\/groups\/(\w+)$/, ({ part }) => void groups.delete(part)],
  ];
}
