/** Bytes of one TextInput's text, as in viewer.proto. */
const MAX_TEXT_BYTES = 4_096;

const encoder = new TextEncoder();

/**
 * Text in pieces that each fit one message: never cut inside a character, nor inside what people take for one (an emoji
 * with its modifiers) as long as that fits. Lone surrogates, which have no UTF-8, become U+FFFD.
 */
export function pieces(text: string, maxBytes = MAX_TEXT_BYTES): string[] {
  const whole = text.toWellFormed();
  if (utf8Length(whole) <= maxBytes) return whole === '' ? [] : [whole];
  const found: string[] = [];
  let piece = '';
  let size = 0;
  const add = (part: string): void => {
    const bytes = utf8Length(part);
    if (bytes > maxBytes) {
      for (const character of part) add(character);
      return;
    }
    if (size + bytes > maxBytes) {
      found.push(piece);
      piece = '';
      size = 0;
    }
    piece += part;
    size += bytes;
  };
  for (const { segment } of new Intl.Segmenter().segment(whole)) add(segment);
  if (piece !== '') found.push(piece);
  return found;
}

export function utf8Length(text: string): number {
  return encoder.encode(text).length;
}
