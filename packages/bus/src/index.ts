export * from './bus.js';
export { patternOf, subjectOf, type SubjectParams } from './subject.js';
