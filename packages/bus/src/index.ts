export { Bus } from './bus.js';
export { connectBus } from './connect.js';
export type * from './options.js';
export { patternOf, subjectOf, type SubjectParams } from './subject.js';
export { LaneServer } from './lane/lane-server.js';
export { Lanes } from './lane/lanes.js';
export type { LaneOutlet } from './lane/lane-outlet.js';
export type { StraightOutlet } from './lane/straight-outlet.js';
export type { LaneHandler } from './lane/lane-server.js';
