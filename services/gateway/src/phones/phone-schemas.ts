import {
  bootPropertyNamePattern,
  bootPropertyValuePattern,
  egressAllowMax,
  imageIdPattern,
  ipv4NetworkPattern,
  snapshotIdPattern,
} from '@ancloud/contracts';
import { PhoneSpec } from '@ancloud/contracts/common/v1/common';
import type { CreatePhoneRequest, UpdatePhoneRequest } from '@ancloud/contracts/gateway/v1/gateway';
import { z } from 'zod';
import { named } from '../api/route-doc.js';
import { portMappings, ports } from './port-schemas.js';
import {
  displayRanges,
  encoderRanges,
  idlePauseMaxMinutes,
  limitRanges,
  maxBootProperties,
  maxLabels,
  nameMaxLength,
} from './core/spec.js';

const ranged = ({ min, max, preset }: { min: number; max: number; preset: number }, description: string) =>
  z.int().min(min).max(max).default(preset).describe(description);

/** The same object with each field optional: a patch must not fill in what it does not name. */
const withoutDefaults = (object: z.ZodObject<Record<string, z.ZodDefault<z.ZodInt>>>) =>
  z.strictObject(
    Object.fromEntries(
      Object.entries(object.shape).map(([key, field]) => [
        key,
        field
          .unwrap()
          .optional()
          .describe(field.description ?? key),
      ]),
    ),
  );

const display = named(
  'Display',
  z.strictObject({
    width: ranged(displayRanges.width, 'Pixels'),
    height: ranged(displayRanges.height, 'Pixels'),
    dpi: ranged(displayRanges.dpi, 'Dots per inch'),
    fps: ranged(displayRanges.fps, 'Frames per second the phone may draw'),
  }),
);

const limits = named(
  'Limits',
  z.strictObject({
    cpuMillis: ranged(limitRanges.cpuMillis, 'Thousandths of a core'),
    memoryMib: ranged(limitRanges.memoryMib, 'Memory in MiB'),
    pids: ranged(limitRanges.pids, 'Processes and threads'),
    cpuWeight: ranged(limitRanges.cpuWeight, 'Share of the CPU against other phones when all are busy'),
    swapMib: z
      .int()
      .min(0)
      .max(limitRanges.swapMib.max)
      .default(0)
      .describe("Swap beyond memory in MiB; 0 = no limit of the phone's own"),
    ioWeight: ranged(limitRanges.ioWeight, 'Share of disk time against other phones'),
    egressKbit: z
      .int()
      .min(0)
      .max(limitRanges.egressKbit.max)
      .default(0)
      .describe(`What it may send, kbit/s, at least ${limitRanges.egressKbit.min}; 0 = no limit`),
    diskMib: z
      .int()
      .min(0)
      .max(limitRanges.diskMib.max)
      .default(0)
      .describe(
        `A disk of its own for data and changes to the image, MiB, at least ${limitRanges.diskMib.min}; 0 = the host's. It grows as the phone runs, or with its next start where the host may not; any other change waits for the next factory reset`,
      ),
  }),
);

const encoder = named(
  'Encoder',
  z.strictObject({
    bitRate: ranged(encoderRanges.bitRate, 'Bits per second'),
    maxFps: ranged(encoderRanges.maxFps, 'Pictures per second at most'),
    maxSize: z
      .int()
      .min(0)
      .max(encoderRanges.maxSize.max)
      .default(0)
      .describe(`Longest side in pixels, at least ${encoderRanges.maxSize.min}; 0 = the screen's own`),
  }),
);

const spec = named(
  'PhoneSpec',
  z.strictObject({
    imageId: z
      .string()
      .regex(imageIdPattern)
      .optional()
      .describe('Left out: the only image of the farm, or the newest when all are reference guests'),
    display: display.optional(),
    limits: limits.optional(),
    encoder: encoder.optional().describe('How its picture is encoded for who watches'),
    bootProperties: z
      .record(z.string().regex(bootPropertyNamePattern), z.string().regex(bootPropertyValuePattern))
      .optional()
      .describe(
        `Extra boot properties, at most ${maxBootProperties}; names beginning with androidboot.ancloud are the farm's`,
      ),
    labels: z
      .record(z.string(), z.string().max(255))
      .optional()
      .describe(`Free labels, at most ${maxLabels}`),
    idlePauseMinutes: z
      .int()
      .min(0)
      .max(idlePauseMaxMinutes)
      .default(0)
      .describe(
        'Minutes without a viewer after which the phone is paused; the next viewer resumes it. 0 = never',
      ),
    egressAllow: z
      .array(z.string().regex(ipv4NetworkPattern))
      .max(egressAllowMax)
      .optional()
      .describe(
        'IPv4 networks that the phone may send to, besides its host’s DNS and DHCP; changed as it runs. Empty = everywhere',
      ),
    ports: ports.optional(),
    gamepad: z
      .boolean()
      .default(false)
      .describe(
        'A gamepad with joystick axes in the phone, on hosts with uinput; else a viewer’s presses keys',
      ),
  }),
);

export const createPhoneBody = named(
  'CreatePhone',
  z
    .strictObject({
      name: z.string().max(nameMaxLength).optional().describe('Left out: the id'),
      spec: spec.optional(),
      snapshotId: z
        .string()
        .regex(snapshotIdPattern)
        .optional()
        .describe(
          "A clone: the phone begins with this snapshot's data, on its host, with its image by default",
        ),
    })
    .prefault({}),
);

/** What the REST body and its header say, as the request both edges use. */
export function createPhoneRequest(
  body: z.output<typeof createPhoneBody>,
  idempotencyKey: string | undefined,
): CreatePhoneRequest {
  const given: Partial<z.output<typeof spec>> = body.spec ?? {};
  return {
    name: body.name ?? '',
    spec: {
      imageId: given.imageId ?? '',
      display: given.display,
      limits: given.limits,
      encoder: given.encoder,
      bootProperties: given.bootProperties ?? {},
      labels: given.labels ?? {},
      idlePauseMinutes: given.idlePauseMinutes ?? 0,
      egressAllow: given.egressAllow ?? [],
      ports: portMappings(given.ports),
      gamepad: given.gamepad ?? false,
    },
    idempotencyKey: idempotencyKey ?? '',
    snapshotId: body.snapshotId ?? '',
  };
}

/** Any part of a spec; what is left out stays as it is. */
export const updatePhoneBody = named(
  'UpdatePhone',
  z.strictObject({
    spec: named(
      'PhoneSpecPatch',
      z.strictObject({
        imageId: z
          .string()
          .regex(imageIdPattern)
          .optional()
          .describe('The phone is booted anew; its data stay'),
        display: withoutDefaults(display).optional().describe('The phone is booted anew'),
        limits: withoutDefaults(limits).optional().describe('Changed as the phone runs'),
        encoder: withoutDefaults(encoder).optional().describe('Changed while it is watched'),
        bootProperties: spec.shape.bootProperties.describe('Replaces all; the phone is booted anew'),
        labels: spec.shape.labels.describe('Replaces all'),
        idlePauseMinutes: z.int().min(0).max(idlePauseMaxMinutes).optional(),
        egressAllow: spec.shape.egressAllow.describe('Replaces all; changed as the phone runs'),
        ports: ports.optional().describe('Replaces all; changed as the phone runs'),
        gamepad: z.boolean().optional().describe('The phone is booted anew'),
      }),
    ),
    allowProfileChange: z
      .boolean()
      .default(false)
      .describe('Also an image of another profile, whose Android may not understand the data'),
  }),
);

export function updatePhoneRequest(
  phoneId: string,
  { spec: patch, allowProfileChange }: z.output<typeof updatePhoneBody>,
): UpdatePhoneRequest {
  const fields = Object.entries(patch).flatMap(([name, value]) =>
    name === 'display' || name === 'limits' || name === 'encoder'
      ? Object.keys(value as object).map((key) => `${name}.${key}`)
      : [name],
  );
  const { ports: given, ...rest } = patch;
  const changed = { ...PhoneSpec.fromJSON(rest), ports: portMappings(given) };
  return { phoneId, spec: changed, fields, allowProfileChange };
}

export const listPhonesQuery = z.object({
  pageSize: z.coerce.number().int().min(1).max(1_000).default(100).describe('Phones of one page'),
  pageToken: z.string().default('').describe('`nextPageToken` of the page before'),
});

export const deletePhoneQuery = z.object({
  force: z
    .enum(['true', 'false'])
    .default('false')
    .describe('Do not wait for a host that is lost; it removes the phone when it returns'),
});

export const screenshotQuery = z.object({
  maxAgeMs: z.coerce
    .number()
    .int()
    .min(0)
    .max(10_000)
    .default(0)
    .describe('One that was begun so many ms ago will do, and is shared with others; 0: a new one'),
});

export const logQuery = z.object({
  tail: z.coerce.number().int().min(0).max(10_000).default(200).describe('Lines from the end'),
});
