import { afterEach, describe, expect, it } from 'vitest';
import { silentLog } from './log.js';
import { Metrics } from './metrics.js';

const open: Metrics[] = [];
afterEach(async () => {
  for (const metrics of open.splice(0)) await metrics.close();
});

async function serve(
  health: () => { ok: boolean; reason?: string },
): Promise<{ metrics: Metrics; url: string; port: number }> {
  const metrics = new Metrics('spec');
  open.push(metrics);
  const port = await metrics.serve({ address: '127.0.0.1:0', health, log: silentLog });
  return { metrics, url: `http://127.0.0.1:${port}`, port };
}

describe('Metrics', () => {
  it('serves what was counted, and the lag of the event loop', async () => {
    const { metrics, url } = await serve(() => ({ ok: true }));
    metrics.counter('ancloud_things_total', 'Things', ['kind']).inc({ kind: 'a' });
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toContain('ancloud_things_total{kind="a",service="spec"} 1');
    expect(text).toMatch(/ancloud_event_loop_lag_p99_seconds\{service="spec"\} [\d.e-]+/);
  });

  it('tells what a tally has become, and 0 for what never was', async () => {
    const { metrics, url } = await serve(() => ({ ok: true }));
    const packets = metrics.tally('ancloud_packets_total', 'Packets', 'kind', ['video', 'audio']);
    packets.video += 3;
    const scrape = async (): Promise<string> => (await fetch(`${url}/metrics`)).text();
    expect(await scrape()).toContain('ancloud_packets_total{kind="video",service="spec"} 3');
    packets.video += 2;
    const text = await scrape();
    expect(text).toContain('ancloud_packets_total{kind="video",service="spec"} 5');
    expect(text).toContain('ancloud_packets_total{kind="audio",service="spec"} 0');
  });

  it.each([
    [() => ({ ok: true }), 200, { ok: true }],
    [() => ({ ok: false, reason: 'no Redis' }), 503, { ok: false, reason: 'no Redis' }],
    [
      () => {
        throw new Error('broken check');
      },
      503,
      { ok: false, reason: 'broken check' },
    ],
  ])('tells its health %#', async (health, code, body) => {
    const { url } = await serve(health);
    const response = await fetch(`${url}/healthz`);
    expect(response.status).toBe(code);
    expect(await response.json()).toEqual(body);
  });

  it('knows nothing else, and says when its port is taken', async () => {
    const { url, port } = await serve(() => ({ ok: true }));
    expect((await fetch(`${url}/other`)).status).toBe(404);
    expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(405);
    const second = new Metrics('spec');
    open.push(second);
    const serving = second.serve({
      address: `127.0.0.1:${port}`,
      health: () => ({ ok: true }),
      log: silentLog,
    });
    await expect(serving).rejects.toMatchObject({ code: 'PORT_TAKEN' });
  });
});
