// The token is taken out of the address when all code is here: until then the page can be loaded again (again.js).
import './ancloud-phone.js';

const phone = document.querySelector('ancloud-phone');
const role = document.querySelector('#role');
const ask = document.querySelector('#ask');

/** This viewer: its id and whether it may touch; and who holds the controls, and who waits for them. */
let me = { viewer: '', touches: false };
let control = { holder: '', yours: false, asking: [] };

/** The token stands in the fragment, which browsers send to nobody, and goes before it can end up in a history or a copied link. */
function take() {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token === null) return;
  history.replaceState(null, '', location.pathname);
  phone.setAttribute('token', token);
}

/** What is said, and what the button does; '' = there is none. */
function words() {
  const { holder, yours, asking } = control;
  if (!me.touches) return ['You are watching.', ''];
  if (yours && asking.length > 0) return ['You have the controls. Somebody asks for them.', 'Hand over'];
  if (yours) return ['You have the controls.', ''];
  if (holder === '') return ['You may touch it.', ''];
  if (asking.includes(me.viewer)) return ['You have asked for the controls.', ''];
  return ['Somebody else has the controls.', 'Ask for them'];
}

function show() {
  const [said, does] = me.viewer === '' ? ['', ''] : words();
  role.textContent = said;
  ask.hidden = does === '';
  ask.textContent = does;
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
// Who has them and is asked lets go: they go to whoever asked first.
ask.addEventListener('click', () => phone.control(!control.yours));
// Another link that is opened in the same tab changes the fragment only.
addEventListener('hashchange', take);
take();
