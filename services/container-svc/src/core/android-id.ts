/** A name, its attribute's markup or binary token, and the hexadecimal digits of `Long.toHexString` (1-16 of them). */
const ANDROID_ID = /(android_id[^0-9a-f]{1,24}?(?:value[^0-9a-f]{1,8})?)([0-9a-f]{6,16})(?![0-9a-f])/;

/**
 * The bytes of settings_secure.xml with another android_id, of the same length; undefined when there is none. Android up to 11
 * writes text, from 12 on its binary XML, in which a string stands as it is behind its 16-bit length (frameworks/base
 * BinaryXmlSerializer.java, FastDataOutput.writeInternedUTF): so the digits can be replaced in both, wherever they stand, and
 * nothing else changes. `digits` gives random hexadecimal ones.
 */
export function renewAndroidId(bytes: Buffer, digits: (count: number) => string): Buffer | undefined {
  const text = bytes.toString('latin1');
  const old = ANDROID_ID.exec(text)?.[2];
  if (old === undefined) return undefined;
  return Buffer.from(text.replaceAll(old, digits(old.length)), 'latin1');
}
