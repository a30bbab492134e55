import { z } from 'zod';
import { named } from '../api/route-doc.js';
import { ports } from './port-schemas.js';

const instant = z.iso.datetime();
export const condition = named(
  'Condition',
  z.object({
    type: z.string().describe('Stable word'),
    active: z.boolean(),
    message: z.string(),
  }),
);

const phases =
  'unspecified pending placing preparing starting booting ready stopping stopped failed lost deleting paused unknown';
const stages =
  'unspecified absent preparing created booting ready stopping stopped failed removed paused unknown';

const status = named(
  'PhoneStatus',
  z.object({
    stage: z.enum(stages.split(' ')).describe('What the host has observed'),
    progress: z.string().describe('Newest stage of the boot'),
    bootId: z.string().describe('Differs for each start'),
    address: z.string().describe("On its host's bridge"),
    restarts: z.int().describe('Since the wish last changed'),
    failures: z.int().describe('Boots in a row that ended as nobody wished'),
    nextTryAt: instant.nullable().describe('When the next boot is tried; null when none waits'),
    lastExit: z.object({ code: z.int(), signal: z.int(), at: instant.nullable() }).nullable(),
    pid1AfterMs: z.int().describe("From the start until the first process' first line; 0 = not yet"),
    disk: z
      .object({
        limitMib: z.int().describe('Its size'),
        usedMib: z.int().describe('In steps of 1 %; 0 while the phone is stopped'),
      })
      .nullable()
      .describe('Its own disk; null when it has none'),
    readyAfterMs: z.int().describe('From the start until booted; 0 = not yet'),
    updatedAt: instant.nullable(),
  }),
);

const runningEncoder = z.object({ bitRate: z.int(), maxFps: z.int(), maxSize: z.int() });

export const phone = named(
  'Phone',
  z.object({
    phoneId: z.string(),
    name: z.string(),
    spec: z.object({
      imageId: z.string(),
      display: z.object({ width: z.int(), height: z.int(), dpi: z.int(), fps: z.int() }),
      limits: z.object({
        cpuMillis: z.int(),
        memoryMib: z.int(),
        pids: z.int(),
        cpuWeight: z.int(),
        swapMib: z.int(),
        ioWeight: z.int(),
        egressKbit: z.int(),
        diskMib: z.int(),
      }),
      encoder: runningEncoder,
      bootProperties: z.record(z.string(), z.string()),
      labels: z.record(z.string(), z.string()),
      idlePauseMinutes: z.int(),
      egressAllow: z.array(z.string()),
      ports,
      gamepad: z.boolean(),
    }),
    phase: z
      .enum(phases.split(' '))
      .describe('Derived from the wish, the placement, the host and its report'),
    hostId: z.string(),
    reason: z.string().describe('Stable word; empty when all is well'),
    message: z.string(),
    conditions: z.array(condition),
    createdAt: instant.nullable(),
    viewable: z.boolean().describe('The screen can be watched now'),
    viewers: z.int().describe('Who watches; without those that are pinned to the low layer'),
    encoder: runningEncoder
      .nullable()
      .describe('What the picture is encoded with now; null while nobody watches'),
    dataFrom: z.string().describe('The snapshot that its data began from; empty when none'),
    status: status.nullable(),
  }),
);

export const phoneList = named('PhoneList', z.object({ phones: z.array(phone), nextPageToken: z.string() }));
