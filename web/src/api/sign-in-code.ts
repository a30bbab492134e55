/**
 * The one-time code in an address's fragment (`#link=…` or `#code=…`), or undefined. It stands in the fragment because
 * browsers send that to nobody.
 */
export function codeInHash(hash: string): string | undefined {
  const values = new URLSearchParams(hash.replace(/^#/, ''));
  return values.get('link') ?? values.get('code') ?? undefined;
}

/** The code in what somebody pasted: a whole link, or the code itself. */
export function codeInText(text: string): string {
  const trimmed = text.trim();
  const at = trimmed.indexOf('#');
  return (at < 0 ? undefined : codeInHash(trimmed.slice(at))) ?? trimmed;
}
