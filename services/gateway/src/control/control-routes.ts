import { z } from 'zod';
import { bodyLimits, named, type RouteDoc } from '../api/route-doc.js';
import { auditRange } from './control-audit.js';
import {
  actionBody,
  clipboardBody,
  gamepadBody,
  gestureBody,
  keyBody,
  swipeBody,
  tapBody,
  textBody,
  wheelBody,
} from './inject-schemas.js';

export const grantControlBody = named(
  'GrantControl',
  z.strictObject({
    viewerId: z
      .string()
      .describe('A viewer of the phone that may touch; empty takes the controls from everybody'),
  }),
);

export const auditQuery = z.object({
  limit: z.coerce.number().int().min(auditRange.min).max(auditRange.max).default(auditRange.preset),
});

const control = named(
  'Control',
  z.object({
    phoneId: z.string(),
    viewerId: z.string().describe('Empty when nobody holds the controls'),
    role: z.string(),
    fence: z.int(),
    since: z.iso.datetime().nullable(),
    asking: z.array(z.string()).describe('Viewers that wait for the controls, first come first'),
  }),
);

const clipboard = named(
  'Clipboard',
  z.object({ phoneId: z.string(), text: z.string().nullable().describe('`null`: it has no text') }),
);

const auditLine = named(
  'ControlAudit',
  z.object({
    at: z.iso.datetime().nullable(),
    what: z.string().describe('`took`, `ended`, `revoked`'),
    viewerId: z.string(),
    viewerName: z.string().describe('As it was made with; may be empty'),
    role: z.string(),
    how: z.string(),
    inputs: z.int().describe('Of `ended`: inputs that went to the phone meanwhile'),
  }),
);

const injected = named(
  'Injected',
  z.object({
    tookMs: z.int().describe('From the first input to the answer for the last one'),
    steps: z.int(),
  }),
);

function injectRoute(
  verb: string,
  summary: string,
  schema: z.ZodType,
  limit: number = bodyLimits.json,
): RouteDoc {
  return {
    method: 'POST',
    path: `/v1/phones/{phoneId}/${verb}`,
    operationId: verb,
    tag: 'control',
    summary,
    description:
      "Answers when it is written to the phone's control socket; ends, and lifts what is down, when the caller goes. Takes the controls meanwhile by the rules that viewers have.",
    body: { schema, limit },
    ok: { status: 200, description: 'Written', schema: injected },
    errors: [
      'PHONE_NOT_FOUND',
      'PHONE_PAUSED',
      'SESSION_NOT_READY',
      'CONTROL_NOT_HELD',
      'SCRIPT_TOO_LONG',
      'INPUT_DROPPED',
      'DEADLINE_EXCEEDED',
    ],
  };
}

const auditLines = named('ControlAuditLines', z.object({ lines: z.array(auditLine) }));

export const controlRoutes: readonly RouteDoc[] = [
  {
    method: 'GET',
    path: '/v1/phones/{phoneId}/control',
    operationId: 'getControl',
    tag: 'control',
    summary: 'Who holds the controls, and who waits for them',
    ok: { status: 200, description: 'As it is now', schema: control },
    errors: ['PHONE_NOT_FOUND', 'SESSION_NOT_READY'],
  },
  {
    method: 'POST',
    path: '/v1/phones/{phoneId}/control',
    operationId: 'grantControl',
    tag: 'control',
    summary: 'Gives the controls to a viewer, or takes them from everybody',
    description: 'What the holder before has down is lifted first.',
    body: { schema: grantControlBody },
    ok: { status: 200, description: 'As it is now', schema: control },
    errors: ['PHONE_NOT_FOUND', 'SESSION_NOT_READY', 'VIEWER_NOT_FOUND', 'FORBIDDEN'],
  },
  {
    method: 'GET',
    path: '/v1/phones/{phoneId}/control/audit',
    operationId: 'listControlAudit',
    tag: 'control',
    summary: 'Who touched when, newest first',
    description: 'The last 1000 lines of a phone are kept, for 30 days after the last.',
    query: auditQuery,
    ok: { status: 200, description: 'Lines', schema: auditLines },
    errors: ['PHONE_NOT_FOUND'],
  },
  injectRoute('tap', 'Touches one place', tapBody),
  injectRoute('swipe', 'Moves a finger from one place to another', swipeBody),
  injectRoute('text', 'Types or pastes text', textBody),
  injectRoute('key', 'Presses a key', keyBody),
  injectRoute('gesture', 'Plays fingers with their timing', gestureBody, bodyLimits.script),
  injectRoute('wheel', 'Turns a mouse’s wheel', wheelBody),
  injectRoute(
    'action',
    'Presses one of the phone’s buttons, turns it, opens its panels, starts an app',
    actionBody,
  ),
  injectRoute('gamepad', 'Plays the gamepad of a phone that has one', gamepadBody, bodyLimits.script),
  {
    ...injectRoute('clipboard', 'Sets the phone’s clipboard, and pastes nothing', clipboardBody),
    method: 'PUT',
    operationId: 'setClipboard',
  },
  {
    method: 'GET',
    path: '/v1/phones/{phoneId}/clipboard',
    operationId: 'readClipboard',
    tag: 'control',
    summary: 'The text in the phone’s clipboard',
    description:
      'The phone is asked, which takes it some tenths of a second, and 2 s where there is no text.',
    ok: { status: 200, description: 'As it is now', schema: clipboard },
    errors: ['PHONE_NOT_FOUND', 'PHONE_PAUSED', 'SESSION_NOT_READY', 'CAPACITY', 'SCRCPY_FAILED'],
  },
];
