import type { Http } from './http.js';

/** A phone that is sent to a server elsewhere. */
export interface Push {
  readonly pushId: string;
  /** Without its keys: `rtmp://live.example/…`. */
  readonly destination: string;
  readonly state: 'connecting' | 'live' | 'ended';
  /** Why it is not live, or why it has ended. */
  readonly reason: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly attempts: number;
  readonly frames: number;
}

/** Both are secrets; `token` is empty where the server wants none. */
export function startPush(http: Http, phoneId: string, url: string, token: string): Promise<Push> {
  const body = token === '' ? { url } : { url, token };
  return http.json('POST', `/v1/phones/${encodeURIComponent(phoneId)}/pushes`, { body });
}

/** Newest first; those that have ended stay for an hour. */
export async function listPushes(http: Http, phoneId: string): Promise<readonly Push[]> {
  const path = `/v1/pushes?phoneId=${encodeURIComponent(phoneId)}`;
  return (await http.json<{ pushes: Push[] }>('GET', path)).pushes;
}

/** Ends it and forgets it. */
export async function stopPush(http: Http, pushId: string): Promise<void> {
  await http.call('DELETE', `/v1/pushes/${encodeURIComponent(pushId)}`);
}
