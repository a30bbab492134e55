/**
 * Ids that appear in subjects, keys, paths and cgroup names. One shape for all, so that none of those places needs
 * quoting: a prefix, an underscore, 1-40 lower-case letters and digits.
 */
export const idPattern = /^[a-z]{2,4}_[a-z0-9]{1,40}$/;
export const phoneIdPattern = /^ph_[a-z0-9]{1,40}$/;
/** Host ids are chosen by operators: a DNS label. */
export const hostIdPattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
export const imageIdPattern = /^sha256:[0-9a-f]{64}$/;
/** A boot property's name and value: init splits its argv on blanks, so neither may hold one. */
export const bootPropertyNamePattern = /^androidboot\.[A-Za-z0-9_.-]{1,80}$/;
export const bootPropertyValuePattern = /^[\x21-\x7e]{0,91}$/;
