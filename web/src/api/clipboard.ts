import type { Http } from './http.js';

/** The text in a phone's clipboard; null when it has none. The phone is asked, which takes it up to 2 s. */
export async function readClipboard(http: Http, phoneId: string): Promise<string | null> {
  const path = `/v1/phones/${encodeURIComponent(phoneId)}/clipboard`;
  return (await http.json<{ text: string | null }>('GET', path)).text;
}
