import type { SdpTarget } from './conformance.js';

export const SDP = 'application/sdp';
export const FRAGMENT = 'application/trickle-ice-sdpfrag';

/** A session that was begun by an offer. */
export interface Opened {
  readonly answer: Response;
  readonly session: string;
  readonly authorization: string;
  readonly etag: string;
  readonly patch: (body: string, ifMatch: string | undefined, type?: string) => Promise<Response>;
  readonly end: () => Promise<void>;
}

/** POSTs an offer; throws unless that is taken. @param more headers of all requests. */
export async function openWith(
  target: SdpTarget,
  offer: string,
  more: Record<string, string> = {},
): Promise<Opened> {
  const { url, authorization } = await target.endpoint();
  const answer = await post(url, authorization, offer, SDP, more);
  if (answer.status !== 201) throw new Error(`POST of an offer: ${answer.status} ${await answer.text()}`);
  const session = new URL(answer.headers.get('location') ?? '', url).href;
  return {
    answer,
    session,
    authorization,
    etag: answer.headers.get('etag') ?? '',
    patch: (body, ifMatch, type = FRAGMENT) =>
      fetch(session, {
        method: 'PATCH',
        headers: {
          authorization,
          'content-type': type,
          ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
          ...more,
        },
        body,
      }),
    end: async () => {
      await fetch(session, { method: 'DELETE', headers: { authorization, ...more } });
    },
  };
}

export function post(
  url: string,
  authorization: string | undefined,
  body: string,
  type = SDP,
  more: Record<string, string> = {},
): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': type, ...(authorization === undefined ? {} : { authorization }), ...more },
    body,
  });
}
