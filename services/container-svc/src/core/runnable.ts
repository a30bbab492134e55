import type { PhoneSpec, Profile } from '@ancloud/contracts/common/v1/common';
import type { ImageTraits } from './build-prop.js';
import { eligibility, refuse } from './eligibility.js';
import type { HostAbilities } from './host-abilities.js';
import type { BootShape } from './observed.js';
import type { Refusal, Runnable } from './plan.js';
import type { RunProfile } from './profiles/profile.js';
import { runProfileOf } from './profiles/registry.js';
import { bootPropertyMistakes, fingerprint, type RunSpec, runSpecOf, type SpecMistake } from './run-spec.js';
import { sharedMemoryOf, type SharedMemory } from './shared-memory.js';

/** How a wish is run on this host: everything that writing its bundle needs. */
export interface Way extends Runnable {
  readonly spec: RunSpec;
  readonly profile: RunProfile;
  readonly image: ImageTraits;
  readonly sharedMemory: SharedMemory;
  /** The render node the phone is given. */
  readonly renderNode: string | undefined;
}

/** Whether and how this host can run the wish. `slot`: the phone's, which decides about static binder nodes. */
export function runnable(
  spec: PhoneSpec | undefined,
  image: (ImageTraits & { readonly profile: Profile }) | undefined,
  host: HostAbilities,
  slot: number,
): Way | Refusal {
  const read = runSpecOf(spec);
  if ('mistakes' in read) return invalid(read.mistakes);
  const limits =
    host.phoneCpus === undefined ? read.run.limits : { ...read.run.limits, cpus: host.phoneCpus };
  const run: RunSpec = { ...read.run, limits };
  if (image === undefined)
    return refuse('ImageMissing', `this host does not have the image ${run.imageId}: import it here`);
  const profile = runProfileOf(image.profile);
  if (profile === undefined)
    return refuse(
      'ProfileUnknown',
      `the image’s family (profile ${image.profile}) cannot be run by this version`,
    );
  const mistakes = bootPropertyMistakes(run.bootProperties, image.profile);
  if (mistakes.length > 0) return invalid(mistakes);
  const refusal = eligibility(profile, image, host) ?? lacksBinderSet(profile, host, slot);
  if (refusal !== undefined) return refusal;
  const renderNode = renderNodeOf(run.gpu, host.renderNodes);
  if (run.gpu !== '' && renderNode === undefined)
    return refuse(
      'NoGpu',
      `the phone asks for ${run.gpu} of ancloud.gpu and this host offers ${host.renderNodes.join(', ') || 'no render node'}; label the host ancloud.gpu=renderD128`,
    );
  if (run.gamepad && !host.pads)
    return refuse(
      'NoUinput',
      'the phone asks for a gamepad and this host has no uinput; modprobe uinput evdev, and restart container-svc',
    );
  // Static binder nodes are the first user namespace's: nobody else may open them.
  const userns = profile.userns && host.idmap && !(profile.needsBinder && host.binder.kind === 'static');
  return {
    ok: true,
    spec: run,
    profile,
    image,
    userns,
    imageId: run.imageId,
    limits,
    egressAllow: run.egressAllow,
    ports: run.ports,
    fingerprint: fingerprint(run, userns, renderNode),
    shape: shapeOf(profile, host, run),
    sharedMemory: sharedMemoryOf(profile.hasMemfd(image), host) ?? 'none',
    renderNode,
  };
}

function invalid([first]: readonly SpecMistake[]): Refusal {
  return refuse('SpecInvalid', `${first?.field} is '${first?.value}': ${first?.fix}`);
}

/** Nodes made beforehand are three to a phone, by the phone's slot: two phones never share a context. */
function lacksBinderSet(profile: RunProfile, { binder }: HostAbilities, slot: number): Refusal | undefined {
  if (!profile.needsBinder || binder.kind !== 'static' || slot < binder.sets.length) return undefined;
  return refuse(
    'NoBinderNode',
    `this kernel has no binderfs and ${binder.sets.length} sets of binder nodes, and this is phone ${slot + 1} of the host; load binder_linux with more devices=, or use a kernel with CONFIG_ANDROID_BINDERFS`,
  );
}

function renderNodeOf(wish: string, offered: readonly string[]): string | undefined {
  return wish === 'any' ? offered[0] : offered.find((name) => name === wish);
}

/** What a boot needs beyond what every phone has. */
function shapeOf(profile: RunProfile, { binder }: HostAbilities, { gamepad }: RunSpec): BootShape {
  return {
    binderNodes: profile.binder.kind === 'nodes' && binder.kind === 'binderfs',
    propertyFile: profile.propertyFile !== undefined,
    ipConfig: profile.ipConfig,
    ...(gamepad ? { pad: true } : {}),
  };
}
