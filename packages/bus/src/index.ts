export { Bus } from './bus.js';
export { connectBus } from './connect.js';
export type * from './options.js';
export { patternOf, subjectOf, type SubjectParams } from './subject.js';
