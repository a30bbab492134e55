import { describe, expect, it } from 'vitest';
import { found, labelsOf, labelWords, relabelled, textOf } from './labels.js';

const phone = (phoneId: string, name: string, labels: Record<string, string> = {}) => ({
  phoneId,
  name,
  spec: { labels },
});

describe('phones that are looked for', () => {
  const all = [
    phone('ph_a1', 'checkout tests', { team: 'QA', rack: '1' }),
    phone('ph_b2', '', { team: 'qa', rack: '12', spare: '' }),
    phone('ph_c3', 'rack of demos', { place: 'New York, 5th' }),
  ];

  it.each([
    ['', ['ph_a1', 'ph_b2', 'ph_c3']],
    [' , ', ['ph_a1', 'ph_b2', 'ph_c3']],
    ['Checkout t', ['ph_a1']],
    ['_b', ['ph_b2']],
    ['team=qa', ['ph_a1', 'ph_b2']],
    ['rack=1', ['ph_a1']],
    ['rack=', ['ph_a1', 'ph_b2']],
    ['spare=', ['ph_b2']],
    ['ack=1', []],
    ['rack', ['ph_a1', 'ph_b2', 'ph_c3']],
    ['spare', ['ph_b2']],
    ['new york', ['ph_c3']],
    ['team=qa, rack=12', ['ph_b2']],
    ['team=qa, demos', []],
  ])('by %j', (text, ids) => {
    expect(found(all, text).map(({ phoneId }) => phoneId)).toEqual(ids);
  });
});

it('labels are shown by their keys, the empty ones by the key alone', () => {
  expect(labelWords({ team: 'qa', spare: '', 'farm/rack': 'a=b' })).toEqual([
    'farm/rack=a=b',
    'spare',
    'team=qa',
  ]);
});

describe('the lines of labels', () => {
  it('are read with blanks, empty lines and further equals signs', () => {
    expect(labelsOf(' team = qa \r\n\n  \nspare\nquery=a=b\nrack=1\nrack=2')).toEqual({
      team: 'qa',
      spare: '',
      query: 'a=b',
      rack: '2',
    });
    expect(labelsOf(' \n')).toEqual({});
  });

  it('say the same labels again', () => {
    const labels = { team: 'qa lab', spare: '', query: 'a=b' };
    expect(labelsOf(textOf(labels))).toEqual(labels);
  });

  it('change what was changed in them, and nothing that somebody else set meanwhile', () => {
    const before = 'team=qa\nrack=1\nspare';
    const now = { team: 'desk', rack: '1', spare: '', place: 'attic' };
    expect(relabelled(now, before, 'team=qa\nrack=2\nowner=ann')).toEqual({
      team: 'desk',
      rack: '2',
      place: 'attic',
      owner: 'ann',
    });
  });

  it('leave alone what no line can say', () => {
    const odd = { note: 'two\nlines', before: ' x', behind: 'x ' };
    expect(textOf({ ...odd, team: 'qa' })).toBe('team=qa');
    expect(relabelled({ ...odd, team: 'qa' }, 'team=qa', '')).toEqual(odd);
  });

  it('set a key that every object has', () => {
    expect(relabelled({}, '', 'constructor=x')).toEqual({ constructor: 'x' });
  });
});
