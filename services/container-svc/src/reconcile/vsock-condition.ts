import type { Condition } from '@ancloud/contracts/common/v1/common';
import { vsockRefusable } from '../core/seccomp.js';
import type { HostKernel } from '../io/host-kernel.js';
import type { ImageStore } from '../io/image-store.js';

/** Only a host that has such an image is told: the others lose nothing by their vsock. */
export function vsockCondition({ abilities }: HostKernel, images: ImageStore): Condition {
  const kept = images
    .list()
    .filter(({ has32Bit }) => abilities.vsock && !vsockRefusable(abilities.arch, has32Bit));
  return {
    type: 'VsockExposed',
    active: kept.length > 0,
    message:
      kept.length === 0
        ? ''
        : `${kept.length} images with 32-bit programs cannot run here: this host has vsock, which no filter keeps them from; unload vsock and its transports (docs/confinement.md)`,
  };
}
