import type { HostAbilities } from './host-abilities.js';

/** What Android's processes share memory by. */
export type SharedMemory = 'memfd' | 'ashmem' | 'none';

/**
 * memfd where the image can and the kernel has what libcutils asks of it, else ashmem; undefined when the phone could use
 * neither. (AOSP system/core/libcutils/ashmem-dev.cpp: memfd with sys.use_memfd and F_SEAL_FUTURE_WRITE, else /dev/ashmem.)
 */
export function sharedMemoryOf(
  imageHasMemfd: boolean,
  host: Pick<HostAbilities, 'memfd' | 'ashmem'>,
): Exclude<SharedMemory, 'none'> | undefined {
  if (imageHasMemfd && host.memfd) return 'memfd';
  return host.ashmem ? 'ashmem' : undefined;
}
