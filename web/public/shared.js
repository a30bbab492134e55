const phone = document.querySelector('ancloud-phone');
const role = document.querySelector('#role');
const WORDS = { watch: 'You are watching.', control: 'You may touch it.', owner: 'You may touch it.' };

/** The token stands in the fragment, which browsers send to nobody, and goes before it can end up in a history or a copied link. */
function take() {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token === null) return;
  history.replaceState(null, '', location.pathname);
  phone.setAttribute('token', token);
}

phone.addEventListener('joined', ({ detail }) => {
  role.textContent = WORDS[detail.role];
});
phone.addEventListener('state', ({ detail }) => {
  if (detail.state === 'ended') role.textContent = '';
});
// Another link that is opened in the same tab changes the fragment only.
addEventListener('hashchange', take);
take();
