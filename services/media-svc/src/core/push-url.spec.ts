import { describe, expect, it } from 'vitest';
import { readPushUrl } from './push-url.js';

const output = (url: string, address: string): string => {
  const target = readPushUrl(url);
  return target.kind === 'copy' ? target.output(address, target.port).join(' ') : '';
};

describe('readPushUrl', () => {
  it.each([
    ['rtmp://live.example/app/key', 'live.example', 1_935, 'rtmp://live.example/…'],
    [
      'rtmp://u:p@live.example:1936/app/a/b?token=s3cret',
      'live.example',
      1_936,
      'rtmp://live.example:1936/…',
    ],
    ['https://live.example/whip/key?k=s3cret', 'live.example', 443, 'https://live.example/…'],
    ['http://[2001:db8::1]:8080/whip/key', '2001:db8::1', 8_080, 'http://[2001:db8::1]:8080/…'],
    ['https://u:p@live.example/live/phone.m3u8?k=s3cret', 'live.example', 443, 'https://live.example/…'],
    ['rtmps://live.example/app/key', 'live.example', 443, 'rtmps://live.example/…'],
    ['rtmp://[2001:db8::1]/app/key', '2001:db8::1', 1_935, 'rtmp://[2001:db8::1]/…'],
    [
      'srt://203.0.113.9:9000?streamid=publish:phone&passphrase=0123456789',
      '203.0.113.9',
      9_000,
      'srt://203.0.113.9:9000',
    ],
  ])('%s', (url, host, port, shown) => {
    expect(readPushUrl(url)).toMatchObject({ host, port, shown });
    expect(shown).not.toMatch(/key|s3cret|u:p|0123456789/);
  });

  it('sends RTMP to the address that was checked, under the name that was given', () => {
    expect(output('rtmp://u:p@live.example/app/key?t=1', '203.0.113.9')).toBe(
      '-c:a aac -b:a 128k -f flv -flvflags no_duration_filesize -rw_timeout 10000000 -rtmp_tcurl rtmp://live.example/app ' +
        'rtmp://u:p@203.0.113.9:1935/app/key?t=1',
    );
  });

  it('has RTMPS spoken in clear text to who makes the TLS, and tells the server what was asked for', () => {
    const target = readPushUrl('rtmps://live.example:8443/app/key');
    expect(target).toMatchObject({ kind: 'copy', secure: true, port: 8_443 });
    expect(target.kind === 'copy' && target.output('127.0.0.1', 40_000).slice(-3)).toEqual([
      '-rtmp_tcurl',
      'rtmps://live.example:8443/app',
      'rtmp://127.0.0.1:40000/app/key',
    ]);
  });

  it('calls an SRT listener, with nothing but what it knows', () => {
    expect(output('srt://live.example:9000?streamid=a%26mode%3Dlistener&latency=200000', '2001:db8::1')).toBe(
      '-f mpegts -muxdelay 0 -flush_packets 1 srt://[2001:db8::1]:9000?mode=caller&transtype=live&connect_timeout=10000&timeout=10000000' +
        '&streamid=a%26mode%3Dlistener&latency=200000',
    );
  });

  it.each([
    '',
    'live.example/app/key',
    'https://user:pass@live.example/whip',
    'https://live.example/live/a%22b.m3u8',
    'https://live.example/live/.m3u8',
    'https://u:%ff@live.example/live/phone.m3u8',
    'ftp://live.example/app/key',
    'file:///etc/passwd',
    'rtmp:///app/key',
    'rtmp://live.example/app',
    'rtmp://live.example/app/',
    'rtmp://live.example/app/key live=1',
    'rtmp://live.example/app/key\n-f mp4 /tmp/x',
    `rtmp://live.example/app/${'k'.repeat(3_000)}`,
    'srt://live.example',
    'srt://live.example:9000/path',
    'srt://live.example:9000?mode=listener',
    'srt://live.example:9000?passphrase=short',
    'srt://live.example:9000?pbkeylen=8',
    'tee:rtmp://live.example/app/key',
  ])('refuses %j, and repeats nothing of it', (url) => {
    expect(() => readPushUrl(url)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    try {
      readPushUrl(url);
    } catch (error) {
      expect((error as Error).message).not.toContain('live.example');
    }
  });

  it.each([
    ['https://live.example/live/phone-7.m3u8?k=1', '', ''],
    ['https://live.example/live/phone-7.m3u8?k=1', 'abc', 'Bearer abc'],
    // RFC 7617 §2.
    [
      'https://Aladdin:open%20sesame@live.example/live/phone-7.m3u8?k=1',
      '',
      'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==',
    ],
  ])('takes %s for HLS', (url, token, authorization) => {
    expect(readPushUrl(url, token)).toMatchObject({
      kind: 'hls',
      stem: 'phone-7',
      playlist: { href: 'https://live.example/live/phone-7.m3u8?k=1' },
      authorization,
    });
  });

  it('hands a WHIP endpoint its token, and nobody else one', () => {
    expect(readPushUrl('https://live.example/whip', 'abc.d-e_f~g+h/i==')).toMatchObject({
      kind: 'whip',
      token: 'abc.d-e_f~g+h/i==',
      endpoint: { href: 'https://live.example/whip' },
    });
    for (const [url, token] of [
      ['https://live.example/whip', 'two words'],
      ['https://live.example/whip', 'a\r\nx-header: b'],
      ['https://live.example/whip', 'k'.repeat(5_000)],
      ['rtmp://live.example/app/key', 'token'],
    ] as const)
      expect(() => readPushUrl(url, token)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT', field: 'token' }),
      );
  });
});
