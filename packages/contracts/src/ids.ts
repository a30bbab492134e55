/**
 * Ids that appear in subjects, keys, paths and cgroup names. One shape for all, so that none of those places needs
 * quoting: a prefix, an underscore, 1-40 lower-case letters and digits.
 */
export const idPattern = /^[a-z]{2,4}_[a-z0-9]{1,40}$/;
export const phoneIdPattern = /^ph_[a-z0-9]{1,40}$/;
export const snapshotIdPattern = /^sn_[a-z0-9]{1,40}$/;
export const groupIdPattern = /^gr_[a-z0-9]{1,40}$/;
export const macroIdPattern = /^mc_[a-z0-9]{1,40}$/;
export const recordingIdPattern = /^rc_[a-z0-9]{1,40}$/;
export const feedIdPattern = /^fe_[a-z0-9]{1,40}$/;
export const pushIdPattern = /^pu_[a-z0-9]{1,40}$/;
/** Host ids are chosen by operators: a DNS label. */
export const hostIdPattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
export const imageIdPattern = /^sha256:[0-9a-f]{64}$/;

/**
 * The label that asks for a GPU (of a phone: `any`, or a render node) and that offers one (of a host: render nodes,
 * separated by colons). Only a node that the operator offers is ever given.
 */
export const gpuLabel = 'ancloud.gpu';
export const gpuWishPattern = /^(?:|any|renderD[0-9]{1,3})$/;

const octet = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)';
/** An IPv4 address or network, `a.b.c.d` or `a.b.c.d/n`. */
export const ipv4NetworkPattern = new RegExp(`^${octet}(?:\\.${octet}){3}(?:/(?:3[0-2]|[12]?\\d))?$`);
/** Networks in a phone's `egressAllow`. */
export const egressAllowMax = 64;

/** Ports in a phone's `ports`. */
export const publicPortsMax = 16;

/** The render nodes a host offers by its labels. */
export function offeredRenderNodes(labels: Readonly<Record<string, string>>): string[] {
  return (labels[gpuLabel] ?? '').split(':').filter((name) => /^renderD[0-9]{1,3}$/.test(name));
}
