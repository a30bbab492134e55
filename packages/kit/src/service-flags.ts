/**
 * What node is told for every service, before the program's name. A small young generation: RSS under load falls by a third and no
 * throughput is lost. No memory reducer: eight seconds after a full collection it makes another two, to give pages of an idle tab back, and
 * stopped a service that relays pictures for up to 0.1 s; what a start leaves `collectGarbage` gives back at once. The young generation is
 * collected by one thread: little survives of two megabytes, and waking other threads and waiting for them took longer than doing it.
 * deploy/docker/bin/service says the same.
 */
export const SERVICE_FLAGS = [
  '--max-semi-space-size=2',
  '--no-memory-reducer',
  '--no-parallel-scavenge',
  '--enable-source-maps',
] as const;
