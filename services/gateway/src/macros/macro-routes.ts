import { macroIdPattern } from '@ancloud/contracts';
import { z } from 'zod';
import { bodyLimits, named, type RouteDoc } from '../api/route-doc.js';
import { macroLimits } from './core/macro-limits.js';
import { stepsSchema } from './macro-schemas.js';

const tag = 'macros';
const name = z.string().min(1).max(macroLimits.nameLength);

export const createMacroBody = named('CreateMacro', z.strictObject({ name, steps: stepsSchema }));
export const updateMacroBody = named(
  'UpdateMacro',
  z.strictObject({
    name: name.optional(),
    steps: stepsSchema.optional().describe('Replaces all'),
    revision: z
      .int()
      .min(0)
      .optional()
      .describe('The one that was seen: refused with `MACRO_CHANGED` once there is another'),
  }),
);
export const saveMacroBody = named('SaveMacro', z.strictObject({ name }));
export const playMacroBody = named(
  'PlayMacro',
  z.strictObject({
    macroId: z.string().regex(macroIdPattern).optional().describe('One that is kept, or `steps`'),
    steps: stepsSchema.optional(),
    speed: z.number().min(0.1).max(10).default(1).describe('2 = twice as fast'),
    loops: z.int().min(1).max(10_000).default(1).describe('How often all of it is played'),
    timeoutMs: z
      .int()
      .min(1)
      .max(3_600_000)
      .default(600_000)
      .describe(
        'Of the whole play. What would take longer is refused; what does is ended: `DEADLINE_EXCEEDED`',
      ),
    takeOver: z.boolean().default(false).describe('Also from a viewer with role `control` that is at work'),
  }),
);

const line = z.object({
  macroId: z.string(),
  name: z.string(),
  createdAt: z.iso.datetime().nullable(),
  updatedAt: z.iso.datetime().nullable(),
  revision: z.int().describe('Grows with every change'),
});
const macro = named('Macro', line.extend({ steps: stepsSchema }));
const state = named(
  'MacroState',
  z.object({
    recording: z
      .object({
        since: z.iso.datetime().nullable(),
        steps: z.int(),
        full: z
          .boolean()
          .describe('No more is written down: 30 minutes are over, or a macro has no room for more'),
      })
      .nullable(),
    run: z
      .object({
        runId: z.string(),
        macroId: z.string().describe('Empty: it is not kept'),
        by: z.string(),
        state: z.enum(['running', 'done', 'failed', 'stopped', 'interrupted']),
        loops: z.int(),
        loopsDone: z.int(),
        step: z.int().describe('Which is played, or was the last; from 0'),
        code: z.string().describe('Of `failed` and `interrupted`'),
        message: z.string(),
        startedAt: z.iso.datetime().nullable(),
        endedAt: z.iso.datetime().nullable(),
      })
      .nullable()
      .describe('The newest of the last day'),
  }),
);

const kept = ['SCRIPT_TOO_LONG', 'QUOTA_EXCEEDED'] as const;

export const macroRoutes: readonly RouteDoc[] = [
  {
    method: 'POST',
    path: '/v1/macros',
    operationId: 'createMacro',
    tag,
    summary: 'Keeps a macro',
    description: `Steps one after the other: touches, text, keys, and waiting for what the screen shows. At most ${macroLimits.steps} steps, ${macroLimits.points} points, ${macroLimits.text} characters of text; ${macroLimits.macros} macros.`,
    body: { schema: createMacroBody, limit: bodyLimits.script },
    ok: { status: 201, description: 'The macro', schema: macro },
    errors: kept,
  },
  {
    method: 'GET',
    path: '/v1/macros',
    operationId: 'listMacros',
    tag,
    summary: "The caller's macros, by name",
    ok: {
      status: 200,
      description: 'Without their steps',
      schema: named('MacroList', z.object({ macros: z.array(line) })),
    },
    errors: [],
  },
  {
    method: 'GET',
    path: '/v1/macros/{macroId}',
    operationId: 'getMacro',
    tag,
    summary: 'A macro with its steps, as it can be sent back',
    ok: { status: 200, description: 'The macro', schema: macro },
    errors: ['MACRO_NOT_FOUND'],
  },
  {
    method: 'PATCH',
    path: '/v1/macros/{macroId}',
    operationId: 'updateMacro',
    tag,
    summary: 'Changes a macro',
    description: 'A play that is under way goes on with what it began with.',
    body: { schema: updateMacroBody, limit: bodyLimits.script },
    ok: { status: 200, description: 'The macro', schema: macro },
    errors: ['MACRO_NOT_FOUND', 'MACRO_CHANGED', ...kept],
  },
  {
    method: 'DELETE',
    path: '/v1/macros/{macroId}',
    operationId: 'deleteMacro',
    tag,
    summary: 'Removes a macro',
    ok: { status: 204, description: 'It is gone' },
    errors: ['MACRO_NOT_FOUND'],
  },
  {
    method: 'GET',
    path: '/v1/phones/{phoneId}/macro',
    operationId: 'getMacroState',
    tag,
    summary: 'What is recorded on a phone, and the newest play',
    ok: { status: 200, description: 'As it is now', schema: state },
    errors: ['PHONE_NOT_FOUND', 'SESSION_NOT_READY'],
  },
  {
    method: 'POST',
    path: '/v1/phones/{phoneId}/macro/record',
    operationId: 'recordMacro',
    tag,
    summary: 'Writes down what the holders of the controls do from now on',
    description: 'For 30 minutes at most. What they type stands in it as they typed it.',
    ok: { status: 200, description: 'As it is now', schema: state },
    errors: ['PHONE_NOT_FOUND', 'PHONE_PAUSED', 'SESSION_NOT_READY', 'MACRO_BUSY'],
  },
  {
    method: 'DELETE',
    path: '/v1/phones/{phoneId}/macro/record',
    operationId: 'discardMacro',
    tag,
    summary: 'Ends recording and forgets what was done',
    ok: { status: 200, description: 'As it is now', schema: state },
    errors: ['PHONE_NOT_FOUND', 'SESSION_NOT_READY', 'MACRO_NOT_FOUND'],
  },
  {
    method: 'POST',
    path: '/v1/phones/{phoneId}/macro/save',
    operationId: 'saveMacro',
    tag,
    summary: 'Ends recording and keeps what was done',
    body: { schema: saveMacroBody },
    ok: { status: 201, description: 'The macro', schema: macro },
    errors: ['PHONE_NOT_FOUND', 'SESSION_NOT_READY', 'MACRO_NOT_FOUND', 'QUOTA_EXCEEDED'],
  },
  {
    method: 'POST',
    path: '/v1/phones/{phoneId}/macro/play',
    operationId: 'playMacro',
    tag,
    summary: 'Plays a macro on a phone',
    description:
      'Answers when it has begun. Takes the controls meanwhile by the rules that viewers have, and ends when somebody else gets them.',
    body: { schema: playMacroBody, limit: bodyLimits.script },
    ok: { status: 202, description: 'It is played', schema: state },
    errors: [
      'PHONE_NOT_FOUND',
      'PHONE_PAUSED',
      'SESSION_NOT_READY',
      'MACRO_NOT_FOUND',
      'MACRO_BUSY',
      'CONTROL_NOT_HELD',
      'SCRIPT_TOO_LONG',
      'OCR_MISSING',
    ],
  },
  {
    method: 'POST',
    path: '/v1/phones/{phoneId}/macro/stop',
    operationId: 'stopMacro',
    tag,
    summary: 'Ends what is played',
    description: 'What is down is lifted.',
    ok: { status: 200, description: 'As it is now', schema: state },
    errors: ['PHONE_NOT_FOUND', 'SESSION_NOT_READY', 'MACRO_NOT_FOUND'],
  },
];
