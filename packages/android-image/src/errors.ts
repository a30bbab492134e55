/** Why bytes were refused. All three are IMAGE_INVALID to a client; the message says the rest. */
export type Refusal =
  /** The bytes contradict their format or themselves. */
  | 'malformed'
  /** Sound, but of a kind that is not read here (the message names the feature). */
  | 'unsupported'
  /** Sound so far, but past one of the limits (`limit` names it). */
  | 'limit'
  /** An entry that would reach outside the image, or what a phone may not have. */
  | 'unsafe';

/** Where it was found. `offset`: bytes from the start of the source that the named reader was given. */
export interface Where {
  readonly offset?: number;
  readonly path?: string;
}

/** `code` is stable (packages/contracts codes), `message` says what was found, where, and which limit it crossed. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
  readonly code = 'IMAGE_INVALID';

  constructor(
    readonly refusal: Refusal,
    /** The format as a person knows it: "ext4", "tar", "boot image". */
    readonly format: string,
    what: string,
    readonly where: Where = {},
    options?: ErrorOptions,
  ) {
    super(`${format}: ${what}${shown(where)}`, options);
  }
}

/** Shows control characters, which a hostile name may hold, by their escapes. */
export const quote = (text: string): string =>
  JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);

function shown({ offset, path }: Where): string {
  const parts: string[] = [];
  if (path !== undefined) parts.push(`path ${quote(path)}`);
  if (offset !== undefined) parts.push(`offset ${offset}`);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}
