/** A link of an answer by WHEP or WHIP that names an ICE server. */
export interface IceLink {
  readonly url: string;
  readonly username: string;
  readonly credential: string;
  readonly credentialType: string;
}

const LINK = /^\s*<([^>]*)>((?:\s*;\s*[\w-]+\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s",;]+))*)\s*(?:,|$)/;
const PARAMETER = /;\s*([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]+))/g;

/**
 * Read by the grammar of RFC 8288 §3, not by how our gateway happens to write them: parameters in any order, tokens or quoted strings.
 * Throws where that is not what stands there. Links of another relation are left out.
 */
export function iceLinks(header: string): readonly IceLink[] {
  const found: IceLink[] = [];
  for (let rest = header; rest.trim() !== '';) {
    const link = LINK.exec(rest);
    if (link === null) throw new Error(`no link by RFC 8288: ${rest}`);
    const [all, url = '', parameters = ''] = link;
    rest = rest.slice(all.length);
    const of = new Map(
      [...parameters.matchAll(PARAMETER)].map(([, name = '', quoted, token = '']) => [
        name.toLowerCase(),
        quoted === undefined ? token : quoted.replaceAll(/\\(.)/g, '$1'),
      ]),
    );
    // A relation may stand among others.
    if (!(of.get('rel') ?? '').split(/\s+/).includes('ice-server')) continue;
    found.push({
      url,
      username: of.get('username') ?? '',
      credential: of.get('credential') ?? '',
      credentialType: of.get('credential-type') ?? '',
    });
  }
  return found;
}
