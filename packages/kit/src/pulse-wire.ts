/** A question and its answer: these, and eight bytes that the asker drew by chance. An answer is none to another answerer: two of them cannot be set talking. */
export const ASK = 'ancloud?';
export const ANSWER = 'ancloud!';
export const PULSE_BYTES = 16;
