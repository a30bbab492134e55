import { iceCodes, type IceCode } from '@ancloud/contracts';
import { FindingLevel } from '@ancloud/contracts/common/v1/common';
import type { IceSelfTest } from '@ancloud/contracts/gateway/v1/gateway';
import { z } from 'zod';
import { named, type RouteDoc } from '../api/route-doc.js';

const LEVELS: Readonly<Record<number, string>> = {
  [FindingLevel.FINDING_LEVEL_OK]: 'ok',
  [FindingLevel.FINDING_LEVEL_WARN]: 'warn',
  [FindingLevel.FINDING_LEVEL_FAIL]: 'fail',
};

/** REST's spelling, by the rule of public-json.ts. */
export function iceSelfTestJson({ ok, findings }: IceSelfTest) {
  return {
    ok,
    findings: findings.map(({ level, code, by, tried, got, fix }) => ({
      level: LEVELS[level] ?? 'unknown',
      code,
      by,
      tried,
      got,
      fix,
    })),
  };
}

const names = Object.keys(iceCodes) as IceCode[];

const iceSelfTest = named(
  'IceSelfTest',
  z.object({
    ok: z.boolean().describe('No finding is a failure'),
    findings: z.array(
      named(
        'IceFinding',
        z.object({
          level: z
            .enum(['ok', 'warn', 'fail'])
            .describe('warn: some viewers are worse off; fail: viewers fail'),
          code: z.enum(names).describe(names.map((name) => `${name}: ${iceCodes[name].title}`).join('. ')),
          by: z.string().describe('Who tried: a media-svc, or `gateway`'),
          tried: z.string(),
          got: z.string().describe('What came back'),
          fix: z.string().describe('What to do about it; empty when all is well'),
        }),
      ),
    ),
  }),
);

export const iceRoutes: readonly RouteDoc[] = [
  {
    method: 'GET',
    path: '/v1/ice/self-test',
    operationId: 'testIce',
    tag: 'hosts',
    summary: 'Why viewers see nothing: tries every way to the media (admin)',
    description:
      'Each media-svc sends STUN binding requests to its own workers at the addresses and ports that viewers are told, by UDP and TCP, and through each TURN server; the gateway calls itself by its public URL. Takes up to 25 s.',
    ok: { status: 200, description: 'What was tried, and what came of it', schema: iceSelfTest },
    errors: ['FORBIDDEN', 'UNAVAILABLE', 'DEADLINE_EXCEEDED'],
  },
];
