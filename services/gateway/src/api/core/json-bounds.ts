/** What a body may have of each: the largest macro has 290,000 values, 9 lists and objects in each other, and a phone 32 labels. */
export const jsonBounds = {
  /** Lists, objects, texts, numbers and words; a list or an object that is empty counts for two. */
  values: 300_000,
  /** Of one object: a group's labels have no limit of their own. */
  fields: 1_000,
  /** Lists and objects in each other. */
  depth: 32,
} as const;
export type JsonBound = keyof typeof jsonBounds;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const LIST = 0x5b;
const BACKSLASH = 0x5c;
const LIST_END = 0x5d;
const OBJECT = 0x7b;
const OBJECT_END = 0x7d;

/**
 * What a text of JSON has too much of, or undefined. To be asked before it is parsed: of 8 MiB that makes millions of empty lists, or
 * hundreds of thousands of fields, for a second and more. What is no JSON is the parser's to refuse. Pure.
 */
export function beyondBounds(text: string): JsonBound | undefined {
  // Whatever is in a list or an object follows its beginning or a comma.
  let values = 1;
  /** Of each object around the place, the outermost first. */
  const fields = new Uint32Array(jsonBounds.depth + 1);
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfText(text, at + 1);
        break;
      case COMMA:
        values += 1;
        break;
      case COLON:
        fields[depth] = (fields[depth] ?? 0) + 1;
        if ((fields[depth] ?? 0) > jsonBounds.fields) return 'fields';
        break;
      case LIST:
      case OBJECT:
        values += 1;
        depth += 1;
        if (depth > jsonBounds.depth) return 'depth';
        fields[depth] = 0;
        break;
      case LIST_END:
      case OBJECT_END:
        depth -= 1;
        break;
      default:
        continue;
    }
    if (values > jsonBounds.values) return 'values';
  }
  return undefined;
}

/** Where the quote is that ends a text. */
function endOfText(text: string, from: number): number {
  let at = from;
  for (let letter = text.charCodeAt(at); at < text.length && letter !== QUOTE; letter = text.charCodeAt(at))
    at += letter === BACKSLASH ? 2 : 1;
  return at;
}
