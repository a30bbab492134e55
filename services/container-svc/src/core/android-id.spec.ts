import { describe, expect, it } from 'vitest';
import { renewAndroidId } from './android-id.js';

const zeros = (count: number): string => '0'.repeat(count);
const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('android_id in settings_secure.xml', () => {
  it.each([
    [
      'text, as Android 11 writes it',
      '<setting id="25" name="android_id" value="3f1c9a0b7d2e4f58" package="android" />',
      '<setting id="25" name="android_id" value="0000000000000000" package="android" />',
    ],
    [
      'a value with fewer digits, and the same as default',
      '<setting name="android_id" value="f1c9a0b7d2e4f5" defaultValue="f1c9a0b7d2e4f5" />',
      '<setting name="android_id" value="00000000000000" defaultValue="00000000000000" />',
    ],
    [
      // Attribute and string tokens, lengths big-endian: BinaryXmlSerializer.attribute(), the name `value` seen for the first time.
      'binary XML, the attribute’s name spelled out',
      '/\xff\xff\x00\x04name\x00\x0aandroid_id/\xff\xff\x00\x05value\x00\x103f1c9a0b7d2e4f58/\x00\x04\x00\x07android',
      '/\xff\xff\x00\x04name\x00\x0aandroid_id/\xff\xff\x00\x05value\x00\x100000000000000000/\x00\x04\x00\x07android',
    ],
    [
      'binary XML, the attribute’s name by its number',
      '/\x00\x01\x00\x0aandroid_id/\x00\x02\x00\x103f1c9a0b7d2e4f58/\x00\x04\x00\x07android',
      '/\x00\x01\x00\x0aandroid_id/\x00\x02\x00\x100000000000000000/\x00\x04\x00\x07android',
    ],
  ])('is replaced in %s', (_, before, after) => {
    expect(renewAndroidId(bytes(before), zeros)?.toString('latin1')).toBe(after);
  });

  it.each([
    ['no android_id', '<setting id="2" name="adb_enabled" value="1" />'],
    ['one without a value', '<setting id="25" name="android_id" package="android" />'],
    ['something longer than an id', `<setting name="android_id" value="${'a'.repeat(17)}" />`],
  ])('is not found where there is %s', (_, text) => {
    expect(renewAndroidId(bytes(text), zeros)).toBeUndefined();
  });
});
