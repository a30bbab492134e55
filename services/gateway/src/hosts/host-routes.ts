import { z } from 'zod';
import { named, type RouteDoc } from '../api/route-doc.js';
import { image } from '../images/image-routes.js';
import { condition } from '../phones/phone-view-schemas.js';

const host = named(
  'Host',
  z.object({
    hostId: z.string(),
    hostname: z.string(),
    kernel: z.string(),
    cpuMillis: z.int(),
    memoryMib: z.int(),
    capacity: z.int().describe('Phones it takes at most'),
    phones: z.int(),
    schedulable: z.boolean().describe('False while it is drained'),
    profiles: z.array(z.string()).describe('Profiles its kernel can run'),
    images: z.array(image),
    conditions: z.array(condition),
    selinux: z.string().describe('enforcing, permissive, disabled or absent'),
    gamepads: z.boolean().describe('It has uinput: its phones may have a gamepad'),
    lxcfs: z.string().describe('By which phones see their own memory and CPUs: present, broken or absent'),
    refusedProfiles: z
      .array(z.object({ profile: z.string(), reason: z.string(), message: z.string() }))
      .describe('The other profiles, each with the reason'),
    limits: z
      .array(
        z.object({
          name: z.string(),
          has: z.number(),
          phoneNeeds: z.number().describe('What one phone is taken to need; a rule of thumb'),
          phones: z.int(),
          why: z.string(),
        }),
      )
      .describe('All limits of which the capacity is the smallest, the tightest first'),
    publicPorts: z
      .object({
        first: z.int(),
        last: z.int(),
        taken: z.array(
          z.object({
            phoneId: z.string(),
            hostPort: z.int(),
            protocol: z.enum(['tcp', 'udp']),
          }),
        ),
      })
      .nullable()
      .describe('What phones may ask for, and what they did; null when the host lets them have none'),
    labels: z.record(z.string(), z.string()),
    updatedAt: z.iso.datetime().nullable(),
  }),
);

export const hostList = named('HostList', z.object({ hosts: z.array(host) }));

export const updateHostBody = named(
  'UpdateHost',
  z.strictObject({
    schedulable: z
      .boolean()
      .describe('False drains the host: no new phones and clones; those it has go on, stop, start and boot'),
  }),
);

export const hostRoutes: readonly RouteDoc[] = [
  {
    method: 'GET',
    path: '/v1/hosts',
    operationId: 'listHosts',
    tag: 'hosts',
    summary: 'Live hosts (admin)',
    ok: { status: 200, description: 'The hosts', schema: hostList },
    errors: ['FORBIDDEN'],
  },
  {
    method: 'PATCH',
    path: '/v1/hosts/{hostId}',
    operationId: 'updateHost',
    tag: 'hosts',
    summary: 'Drains a host, or lets it take phones again (admin)',
    description: 'Kept by the host, over restarts of its services and of the machine.',
    body: { schema: updateHostBody },
    ok: { status: 200, description: 'The host as placement sees it from now on', schema: host },
    errors: ['FORBIDDEN', 'HOST_NOT_FOUND', 'HOST_DRAINED'],
  },
];
