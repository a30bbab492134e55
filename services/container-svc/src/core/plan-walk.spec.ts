import type { Wanted } from '@ancloud/contracts/common/v1/common';
import { describe, expect, it } from 'vitest';
import type { Observed } from './observed.js';
import { plan } from './plan.js';
import {
  boot,
  created,
  debris,
  ended,
  facts,
  identity,
  nothing,
  NOW,
  REMOVE,
  RUN,
  running,
  STOP,
  target,
} from './plan-states.js';

/** Performs a step on an observation as a perfect world would. */
function perform(observed: Observed, name: string): Observed {
  const { image } = observed;
  const changes: Record<string, Partial<Observed>> = {
    makeStorage: { storage: 'ready', identity },
    openBoot: { runDir: true, boot },
    mountImage: { image: { ...image, mounted: true } },
    mountLower: { lower: true },
    mountRoot: { root: true },
    writeBundle: { bundle: true },
    createContainer: { container: created },
    attachNetwork: { network: 'attached' },
    startContainer: { container: running, startedAtMs: NOW, progress: 'completed' },
    askShutdown: { stop: { because: 'asked', atMs: NOW }, container: debris(2), progress: 'none' },
    killContainer: { stop: { because: 'asked', atMs: NOW }, container: debris(9) },
    deleteContainer: { container: ended(2) },
    detachNetwork: { network: 'none' },
    unmountRoot: { root: false },
    unmountLower: { lower: false },
    unmountImage: { image: { ...image, mounted: false } },
    closeBoot: {
      boot: undefined,
      bundle: false,
      stop: undefined,
      startedAtMs: undefined,
      container: { kind: 'none' },
    },
    unmountData: { data: 'none' },
    removeRunDir: { runDir: false },
    removeStorage: { storage: 'none', identity: undefined },
  };
  const change = changes[name];
  if (change === undefined) throw new Error(`nobody performs ${name}`);
  return { ...observed, ...change };
}

function walk(wanted: Wanted, from: Observed): { steps: string[]; end: Observed } {
  const steps: string[] = [];
  for (let observed = from; ;) {
    const decision = plan(target(wanted), observed, facts);
    if (decision.kind === 'wait' || decision.step.name === 'buryTarget') return { steps, end: observed };
    steps.push(decision.step.name);
    if (steps.length > 40) throw new Error(`the plan goes in circles: ${steps.join(' ')}`);
    observed = perform(observed, decision.step.name);
  }
}

describe('a whole life', () => {
  it('comes up, goes down and leaves nothing', () => {
    const life = walk(RUN, nothing);
    expect(life.steps.join(' ')).toBe(
      'makeStorage openBoot mountImage mountLower mountRoot writeBundle createContainer attachNetwork startContainer',
    );
    const death = walk(REMOVE, life.end);
    expect(death.steps.join(' ')).toBe(
      'askShutdown deleteContainer detachNetwork unmountRoot unmountLower unmountImage closeBoot removeRunDir removeStorage',
    );
    expect(death.end).toEqual({ ...nothing, progress: 'none' });
  });

  it('reaches its goal from every state on the way, whatever the goal was before', () => {
    const states: Observed[] = [nothing];
    for (const wanted of [RUN, REMOVE]) {
      for (let observed = states.at(-1) as Observed; ;) {
        const decision = plan(target(wanted), observed, facts);
        if (decision.kind === 'wait' || decision.step.name === 'buryTarget') break;
        observed = perform(observed, decision.step.name);
        states.push(observed);
      }
    }
    expect(states.length).toBeGreaterThan(15);
    for (const state of states) {
      expect(walk(RUN, state).end.container.kind).toBe('running');
      expect(walk(STOP, state).end).toMatchObject({
        boot: undefined,
        root: false,
        lower: false,
        network: 'none',
      });
      expect(walk(REMOVE, state).end).toMatchObject({ storage: 'none', runDir: false });
    }
  });
});
