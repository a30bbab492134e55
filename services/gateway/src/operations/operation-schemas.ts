import { z } from 'zod';
import { named } from '../api/route-doc.js';
import { phone } from '../phones/phone-view-schemas.js';
import { operationKinds } from './core/outcome.js';
import { waitMaxMs } from './wait-operation.js';

const instant = z.iso.datetime();

export const operation = named(
  'Operation',
  z.object({
    operationId: z.string(),
    kind: z.enum(operationKinds),
    phoneId: z.string().describe('Empty for operations that are of no phone'),
    state: z.enum(['running', 'done', 'failed', 'unspecified', 'unknown']),
    percent: z.int().describe('0-100, for work that knows'),
    phase: z.string().describe('What is being done, for work of several phases'),
    bytesDone: z.int().describe('Of this phase'),
    bytesTotal: z.int().describe('0: not known beforehand'),
    result: z.string().describe('What it made, e.g. an image id'),
    error: z
      .object({
        code: z.string(),
        message: z.string(),
        field: z.string().optional(),
        value: z.string().optional(),
        fix: z.string().optional(),
      })
      .nullable(),
    createdAt: instant.nullable(),
    deadlineAt: instant.nullable(),
    endedAt: instant.nullable(),
  }),
);

export const phoneOperation = named('PhoneOperation', z.object({ phone, operation }));

export const waitQuery = z.object({
  timeoutMs: z.coerce.number().int().min(0).max(waitMaxMs).default(30_000).describe('How long to wait, ms'),
});
