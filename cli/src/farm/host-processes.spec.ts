import { describe, expect, it } from 'vitest';
import { layoutFrom } from '../layout.js';
import { hostProcesses } from './host-processes.js';

const env = {
  ANCLOUD_HOST_ID: 'east',
  ANCLOUD_FARM_DIR: '/etc/ancloud',
  ANCLOUD_NATS_URL: 'nats://nats:4222',
  ANCLOUD_MAX_PHONES: '7',
};
const [container, session] = hostProcesses(layoutFrom('/app', env, 'box'), env, {
  name: 'east.farm',
  ip: '172.20.0.5',
});

describe('hostProcesses', () => {
  it('gives each service its own NATS user and both the host’s name', () => {
    expect(container?.env).toMatchObject({
      ANCLOUD_HOST_ID: 'east',
      ANCLOUD_NATS_USER: 'container-svc',
      ANCLOUD_NATS_PASS_FILE: '/etc/ancloud/secrets/nats-container-svc',
    });
    expect(session?.env).toMatchObject({
      ANCLOUD_HOST_ID: 'east',
      ANCLOUD_NATS_USER: 'session-svc',
      ANCLOUD_NATS_PASS_FILE: '/etc/ancloud/secrets/nats-session-svc',
    });
  });

  it('tells the farm where it is reached, and answers about its health to nobody outside', () => {
    expect(container?.env).toMatchObject({
      ANCLOUD_GRPC_ADVERTISE: 'east.farm:7101',
      ANCLOUD_METRICS_LISTEN: '127.0.0.1:7201',
    });
    expect(session?.env).toMatchObject({
      ANCLOUD_GRPC_ADVERTISE: 'east.farm:7102',
      ANCLOUD_RTP_LISTEN_IP: '172.20.0.5',
    });
  });

  it('hands on what the container was given', () => {
    expect(container?.env).toMatchObject({ ANCLOUD_NATS_URL: 'nats://nats:4222', ANCLOUD_MAX_PHONES: '7' });
  });

  it('keeps the adb key with the phones, where container-svc finds its public half', () => {
    expect(session?.env['ANCLOUD_ADB_KEY_FILE']).toBe('/var/lib/ancloud/secrets/adb-key');
    expect(container?.env['ANCLOUD_ADB_PUBLIC_KEY_FILE']).toBe('/var/lib/ancloud/secrets/adb-key.pub');
  });
});
