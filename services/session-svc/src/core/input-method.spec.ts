import { expect, it } from 'vitest';
import { inputShown } from './input-method.js';

it.each<[string, string, boolean | undefined]>([
  [
    'Android 13 and before',
    'Current Input Method Manager state:\n  mShowRequested=true mShowExplicitlyRequested=true mShowForced=false mInputShown=true\n  mInFullscreenMode=false\n',
    true,
  ],
  ['Android 14', '  mRequestedShowExplicitly=false mShowForced=false\n  mInputShown=false\n', false],
  ['what the input method says of itself behind it', '  mInputShown=false\n …\n  mInputShown=true\n', false],
  ['another word', '  mIsInputShown=true mInputShownX=true\n', undefined],
  ['no such service', "Can't find service: input_method\n", undefined],
])('%s', (_, dump, shown) => {
  expect(inputShown(dump)).toBe(shown);
});
