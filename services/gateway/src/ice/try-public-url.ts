import { WebSocket } from 'ws';
import type { Answer, PublicUrlTries } from './public-url-findings.js';

const TRY_MS = 5_000;

/** Calls the farm as a page of its public URL does. What does not answer is an answer, too. */
export async function tryPublicUrl(publicUrl: string): Promise<PublicUrlTries> {
  const [page, signal] = await Promise.all([tryPage(publicUrl), trySignal(publicUrl)]);
  return { page, signal };
}

async function tryPage(publicUrl: string): Promise<Answer> {
  try {
    const { status, headers } = await fetch(`${publicUrl}/v1/whep`, {
      method: 'OPTIONS',
      headers: { origin: publicUrl },
      redirect: 'manual',
      signal: AbortSignal.timeout(TRY_MS),
    });
    const allowed = headers.get('access-control-allow-origin');
    const farm = status === 200 && allowed === publicUrl;
    return {
      answered: true,
      farm,
      got: farm ? 'the farm' : `${status}, Access-Control-Allow-Origin: ${allowed ?? 'none'}`,
    };
  } catch (error) {
    return { answered: false, got: reasonOf(error) };
  }
}

function trySignal(publicUrl: string): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${publicUrl.replace(/^http/, 'ws')}/v1/signal`, {
      origin: publicUrl,
      handshakeTimeout: TRY_MS,
      perMessageDeflate: false,
    });
    socket.once('open', () => {
      resolve({ answered: true, farm: true, got: 'it opened' });
      socket.terminate();
    });
    socket.once('unexpected-response', (request, { statusCode }) => {
      resolve({ answered: true, farm: false, got: `${statusCode} instead of 101` });
      request.destroy();
    });
    // Also said after the other two, when there is nobody left to hear it.
    socket.on('error', (error) => resolve({ answered: false, got: reasonOf(error) }));
  });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
