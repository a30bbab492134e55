const phone = document.querySelector('ancloud-phone');
const form = document.querySelector('form');
const state = document.querySelector('#state');

form.addEventListener('submit', (event) => {
  event.preventDefault();
  // Given as an attribute, never in an address: addresses end up in logs and histories.
  phone.setAttribute('token', new FormData(form).get('token').trim());
  form.reset();
});

phone.addEventListener('state', ({ detail }) => {
  state.textContent = detail.why === '' ? detail.state : `${detail.state}: ${detail.why}`;
});
