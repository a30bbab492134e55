/** What a directory is, by the names in it. */
export type DirectoryKind = 'oci' | 'partitions' | 'rootfs';

/**
 * Tells a root filesystem, an OCI layout (OCI image-spec, image-layout.md) and a folder of partition images apart. A root
 * filesystem may hold `.img` files, so it is asked for first. Undefined: none of them.
 */
export function directoryKind(names: readonly string[]): DirectoryKind | undefined {
  const has = (name: string): boolean => names.includes(name);
  if (has('init') || has('system')) return 'rootfs';
  if (has('oci-layout') && has('index.json')) return 'oci';
  return names.some(isPartitionName) ? 'partitions' : undefined;
}

/** `system.img`, `boot.img`, `super.img` …: what a build of Android leaves in its out folder. */
export function isPartitionName(name: string): boolean {
  return name.endsWith('.img') && !name.startsWith('.');
}

/** Anbox's image has every owner moved up by this (anbox scripts/create-package.sh); its root directory's tells. */
export const ANBOX_SHIFT = 100_000;
