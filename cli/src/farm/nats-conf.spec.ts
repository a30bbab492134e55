import { describe, expect, it } from 'vitest';
import { natsConfig } from './nats-conf.js';

const passwords = {
  'container-svc': 'p1',
  'session-svc': 'p2',
  'media-svc': 'p3',
  'input-svc': 'p4',
  gateway: 'p"5',
};

describe('natsConfig', () => {
  const text = natsConfig({ port: 7222, pidFile: '/run/x/nats.pid', passwords });

  it('listens on loopback only', () => expect(text).toContain('listen: "127.0.0.1:7222"'));

  it('lets input-svc and nobody else publish touches to a phone', () => {
    const publishers = text.split('\n    { user: ').slice(1);
    const speakers = publishers.filter((user) =>
      /publish: \{ allow: \[[^\]]*"ancloud\.control\.\*"/.test(user),
    );
    expect(speakers).toHaveLength(1);
    expect(speakers[0]).toMatch(/^"input-svc"/);
  });

  it('quotes passwords', () => expect(text).toContain(String.raw`password: "p\"5"`));
});
