/**
 * What node is told for every service, before the program's name. A small young generation: RSS under load falls by a third and no
 * throughput is lost. deploy/docker/bin/service says the same.
 */
export const SERVICE_FLAGS = ['--max-semi-space-size=2', '--enable-source-maps'] as const;
