// The token is taken out of the address when all code is here: until then the page can be loaded again (again.js).
import './ancloud-phone.js';

const phone = document.querySelector('ancloud-phone');
const role = document.querySelector('#role');
const deeds = document.querySelector('#deeds');

/** This viewer: its id and whether it may touch; and who holds the controls, and who waits for them. */
let me = { viewer: '', touches: false };
/** @type {{ holder: string, yours: boolean, asking: string[] }} */
let control = { holder: '', yours: false, asking: [] };

/** The token stands in the fragment, which browsers send to nobody, and goes before it can end up in a history or a copied link. */
function take() {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token === null) return;
  history.replaceState(null, '', location.pathname);
  phone.setAttribute('token', token);
}

/** What is said, then the buttons there are: the word on each, and what it does. */
function words() {
  const { holder, yours, asking } = control;
  if (!me.touches) return ['You are watching.'];
  if (yours && asking.length === 0)
    return ['You have the controls.', ['Give up', () => phone.control(false)]];
  if (yours)
    return [
      'You have the controls. Somebody asks for them.',
      ...asking.map((viewer) => [
        asking.length === 1 ? 'Hand over' : `Hand over to ${viewer}`,
        () => phone.control(false, viewer),
      ]),
    ];
  if (holder === '') return ['You may touch it.'];
  if (asking.includes(me.viewer))
    return ['You have asked for the controls.', ['Withdraw', () => phone.control(false)]];
  return ['Somebody else has the controls.', ['Ask for them', () => phone.control(true)]];
}

function show() {
  const [said, ...buttons] = me.viewer === '' ? [''] : words();
  role.textContent = said;
  // Those that are there stay, and with them the focus.
  while (deeds.children.length > buttons.length) deeds.lastElementChild.remove();
  while (deeds.children.length < buttons.length)
    deeds.append(Object.assign(document.createElement('button'), { type: 'button' }));
  for (const [at, [textContent, onclick]] of buttons.entries())
    Object.assign(deeds.children[at], { textContent, onclick });
}

phone.addEventListener('joined', ({ detail }) => {
  me = { viewer: detail.viewer, touches: detail.role !== 'watch' };
  show();
});
phone.addEventListener('control', ({ detail }) => {
  control = detail;
  show();
});
phone.addEventListener('state', ({ detail }) => {
  if (detail.state !== 'ended') return;
  me = { viewer: '', touches: false };
  show();
});
// Another link that is opened in the same tab changes the fragment only.
addEventListener('hashchange', take);
take();
