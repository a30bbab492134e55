import { viewer } from '@ancloud/contracts';

/** How many signalling messages one viewer may send; input has kit's InputGate. */
export const signalRates = {
  /** JSON frames: a join is about 12, a page that renegotiates a few more. */
  text: { burst: 60, perSecond: 20 },
} as const;

export type JoinData =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'resume'; readonly viewer: string; readonly resume: string };

/** The first frame of a connection: `join` with exactly one credential; else what is wrong with it. */
export function readJoin(
  frame: viewer.Frame | null,
):
  | { readonly id: number; readonly join: JoinData; readonly receive: boolean }
  | { readonly problem: string; readonly id?: number } {
  if (frame === null) return { problem: 'the first message is not a frame of the signalling protocol' };
  if (!('method' in frame) || frame.method !== 'join') return { problem: "the first message must be 'join'" };
  const { id } = frame;
  const data = frame.data as Record<string, unknown> | null | undefined;
  if (typeof data !== 'object' || data === null) return { id, problem: "'join' has no data" };
  const { token, viewer: viewerId, resume, receive = false } = data;
  if (typeof receive !== 'boolean') return { id, problem: "'receive' of 'join' is neither true nor false" };
  if (typeof token === 'string' && viewerId === undefined && resume === undefined)
    return { id, join: { kind: 'token', token }, receive };
  if (token === undefined && typeof viewerId === 'string' && typeof resume === 'string')
    return { id, join: { kind: 'resume', viewer: viewerId, resume }, receive };
  return { id, problem: "'join' needs exactly one of {token} and {viewer, resume}" };
}
