import fs from 'node:fs';
import { baseOf, ID_COUNT } from '../core/addresses.js';
import { binderNames } from '../core/host-abilities.js';
import type { Step, StepArgs, StepName } from '../core/steps.js';
import type { Way } from '../core/runnable.js';
import { unmountAll } from '../io/mounts.js';
import type { EgressWish } from '../io/phone-network.js';
import { writeRunJson } from '../io/run-file.js';
import { mount } from '../io/syscalls.js';
import { closeBoot, openBoot, writeBundle } from './boot-steps.js';
import { buryTarget, deleteContainer, killContainer, setFreezer } from './container-steps.js';
import { beginning, mountData, renewPhoneIds, takeSnapshot, unmountData, wipeData } from './data-steps.js';
import { diskOf, growDisk, mountDisk } from './disk-steps.js';
import { setLimits } from './limit-steps.js';
import { mountInput, padMaker, placePad } from './pad-steps.js';
import { dropIpConfig, mountBinder, placeIpConfig, writeProperties } from './shape-steps.js';
import type { ExecutorOptions, StepContext } from './step-context.js';
import { setView } from './view-steps.js';

type Executors = {
  readonly [Name in StepName]: (
    args: StepArgs[Name],
    context: StepContext,
    inside: () => void,
  ) => Promise<void>;
};

const CREATE_TIMEOUT_MS = 20_000;

/** Does what a step says. Knows no order and decides nothing; every executor may be run again after a kill inside it. */
export class StepRunner {
  readonly #executors: Executors;

  constructor(private readonly options: ExecutorOptions) {
    this.#executors = this.#table();
  }

  async run(step: Step, context: StepContext): Promise<void> {
    const { faults } = this.options;
    faults(step.name, 'before');
    // One cast where name and arguments, which belong together in `Step`, are handed on separately.
    const execute = this.#executors[step.name] as (
      args: Step,
      context: StepContext,
      inside: () => void,
    ) => Promise<void>;
    await execute(step, context, () => faults(step.name, 'inside'));
    faults(step.name, 'after');
  }

  #table(): Executors {
    const { paths, exec, images, storage, disks, network, dnsmasq, crun, clock, hostcapBin, kernel } =
      this.options;
    const run = ({ phone }: StepContext) => paths.run(phone);
    return {
      makeStorage: async ({ base, userns, dataFrom, diskMib }, { phone, way, target, lockFd }, inside) => {
        const { resets } = target.desired;
        const data = { ...beginning(this.options, phone, dataFrom), ...diskOf(diskMib) };
        const identity = { base, userns, imageId: way?.imageId ?? '', resets, ...data };
        await storage.make(phone, identity, { fds: [lockFd], inside });
      },
      resetUpper: ({ imageId, userns }, { phone, observed, target }, inside) =>
        storage.resetUpper(
          phone,
          { base: baseOf(target.slot), resets: 0, ...observed.identity, userns, imageId },
          inside,
        ),
      wipeData: (args, context, inside) => wipeData(this.options, args, context, inside),
      mountDisk: (_, context, inside) => mountDisk(this.options, context, inside),
      unmountDisk: async (_, { phone }, inside) => {
        inside();
        await disks.unmount(phone);
      },
      growDisk: (args, context, inside) => growDisk(this.options, args, context, inside),
      mountData: (args, context, inside) => mountData(this.options, args, context, inside),
      unmountData: (args, context, inside) => unmountData(this.options, args, context, inside),
      renewIds: (args, context, inside) => renewPhoneIds(this.options, args, context, inside),
      takeSnapshot: (args, context, inside) => takeSnapshot(this.options, args, context, inside),
      openBoot: (args, context, inside) => openBoot(this.options, args, context, inside),
      mountImage: ({ imageId }, { lockFd }, inside) => images.mount(imageId, [lockFd], inside),
      mountLower: async ({ imageId, base }, context, inside) => {
        fs.mkdirSync(run(context).lower, { recursive: true });
        inside();
        const argv = [
          hostcapBin,
          'idmap-mount',
          paths.imageMount(imageId),
          run(context).lower,
          String(base),
          String(ID_COUNT),
        ];
        await exec(argv, { fds: [context.lockFd] });
      },
      mountRoot: ({ imageId, userns }, context, inside) => {
        const { upper, work } = paths.files(context.phone, context.observed.identity);
        const { rootfs, lower } = run(context);
        fs.mkdirSync(rootfs, { recursive: true });
        inside();
        const options = `lowerdir=${userns ? lower : paths.imageMount(imageId)},upperdir=${upper},workdir=${work}`;
        mount('overlay', rootfs, 'overlay', 0, options);
        return Promise.resolve();
      },
      mountBinder: (_, context, inside) => mountBinder(this.options, context, inside),
      mountInput: (_, context, inside) => mountInput(this.options, context, inside),
      writeProperties: (_, context, inside) => writeProperties(this.options, context, inside),
      writeIpConfig: (_, context, inside) => placeIpConfig(this.options, context, inside),
      writeBundle: (_, context, inside) => writeBundle(this.options, context, inside),
      createContainer: async (_, context, inside) => {
        const { phone, observed, lockFd } = context;
        const padMade = padMaker(this.options, context);
        const creating = crun.create({
          phone,
          bootId: observed.boot?.bootId ?? '',
          lockFd,
          timeoutMs: CREATE_TIMEOUT_MS,
          ...(padMade === undefined ? {} : { padMade }),
        });
        inside();
        await creating;
      },
      attachNetwork: async ({ pid }, { target, lockFd }, inside) => {
        const plugging = network.plug(target.slot, pid, [lockFd]);
        inside();
        await plugging;
      },
      openNetwork: async (_, { target, phone, way, lockFd }, inside) => {
        dnsmasq.add(phone, network.address(target.slot));
        await network.open(target.slot, egressOf(way), [lockFd], inside);
      },
      startContainer: async (_, context, inside) => {
        const { container } = context.observed;
        const inPhone = context.way?.profile.binder.kind === 'filesystem';
        // binderfs makes its nodes for root alone; apps of any uid open them.
        if (inPhone && kernel.oci.binder.kind === 'binderfs' && container.kind === 'created')
          await exec(
            [hostcapBin, 'binderfs-add', `/proc/${container.pid}/root/dev/binderfs`, ...binderNames],
            {
              fds: [context.lockFd],
            },
          );
        // Before the start: a kill in between must not hide that init may have lived.
        writeRunJson(run(context).started, { atMs: clock.now() });
        inside();
        crun.start(context.phone);
      },
      setLimits: ({ changes }, context, inside) => setLimits(this.options, changes, context, inside),
      setEgress: async ({ kbit, allow }, { target, lockFd }, inside) => {
        inside();
        await network.setEgress(target.slot, { egressKbit: kbit, egressAllow: allow }, [lockFd]);
      },
      setPorts: async ({ ports }, { target, way, lockFd }, inside) => {
        inside();
        await network.setPorts(target.slot, ports, egressOf(way), [lockFd]);
      },
      setView: (args, context, inside) => setView(this.options, args, context, inside),
      placePad: (_, context, inside) => placePad(this.options, context, inside),
      pauseContainer: (_, context, inside) => setFreezer(this.options, true, context, inside),
      resumeContainer: (_, context, inside) => setFreezer(this.options, false, context, inside),
      adoptShim: async ({ pid, startTime }, { phone, observed, lockFd }, inside) => {
        inside();
        await crun.adopt(phone, observed.boot?.bootId ?? '', lockFd, pid, startTime);
      },
      askShutdown: async ({ because }, context, inside) => {
        writeRunJson(run(context).stop, { because, atMs: clock.now() });
        inside();
        const word = because === 'reboot' ? 'reboot' : 'shutdown';
        // A phone that cannot be asked (its setprop hangs or is missing) is killed when the grace is over.
        await crun
          .run(context.phone, ['/system/bin/setprop', 'sys.powerctl', word], context.lockFd, 5_000)
          .catch((err: unknown) =>
            this.options.log.warn({ phone: context.phone, err }, 'the phone could not be asked to shut down'),
          );
      },
      killContainer: (args, context, inside) => killContainer(this.options, args, context, inside),
      deleteContainer: (_, context, inside) => deleteContainer(this.options, context, inside),
      detachNetwork: async (_, { target, phone, lockFd }, inside) => {
        await dnsmasq.remove(phone, network.address(target.slot));
        inside();
        await network.detach(target.slot, [lockFd]);
      },
      unmountRoot: (_, context, inside) => unmount(run(context).rootfs, inside),
      unmountLower: (_, context, inside) => unmount(run(context).lower, inside),
      unmountBinder: (_, context, inside) => unmount(run(context).binder, inside),
      unmountInput: (_, context, inside) => unmount(run(context).input, inside),
      removeIpConfig: (_, context, inside) => dropIpConfig(this.options, context, inside),
      unmountImage: async ({ imageId }, _, inside) => {
        inside();
        await images.unmount(imageId);
      },
      closeBoot: ({ ending }, context, inside) => closeBoot(this.options, ending, context, inside),
      removeRunDir: (_, context, inside) => {
        inside();
        // The shim takes its door along, unless it was killed.
        fs.rmSync(run(context).door, { force: true });
        fs.rmSync(run(context).root, { recursive: true, force: true });
        return Promise.resolve();
      },
      removeStorage: (_, { phone }, inside) => storage.remove(phone, inside),
      buryTarget: (_, context, inside) => buryTarget(this.options, context, inside),
    };
  }
}

/** Nothing is bounded where the wish cannot be run. */
function egressOf(way: Way | undefined): EgressWish {
  return { egressKbit: way?.limits.egressKbit ?? 0, egressAllow: way?.egressAllow ?? [] };
}

/** The mount point goes too: an empty one would be taken for a mounted one by a person. */
function unmount(target: string, inside: () => void): Promise<void> {
  unmountAll(target);
  inside();
  fs.rmSync(target, { recursive: true, force: true });
  return Promise.resolve();
}
