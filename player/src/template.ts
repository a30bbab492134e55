const html = `
<div class="stage" part="stage">
  <div class="frame" part="frame">
    <video part="video" autoplay playsinline muted disablepictureinpicture disableremoteplayback aria-hidden="true"></video>
    <div class="rings" aria-hidden="true"></div>
    <textarea class="keyboard" rows="1" autocapitalize="off" autocomplete="off" autocorrect="off" spellcheck="false"></textarea>
    <pre class="stats" part="stats" hidden aria-hidden="true"></pre>
    <div class="veil" part="veil">
      <div class="spinner"></div>
      <p class="why" role="status"></p>
      <p class="more"></p>
      <slot name="ended"></slot>
    </div>
    <div class="toast" role="status"></div>
  </div>
</div>
<div class="bar" part="bar" role="toolbar" aria-label="Phone buttons"></div>`;

/** Parts of `<ancloud-phone>`, each owned by one of its helpers. */
export interface Parts {
  readonly frame: HTMLElement;
  readonly video: HTMLVideoElement;
  readonly rings: HTMLElement;
  /** Takes the keyboard for the phone: a text field, so that input methods, dead keys and screen keyboards work. */
  readonly keyboard: HTMLTextAreaElement;
  readonly stats: HTMLElement;
  readonly veil: HTMLElement;
  readonly why: HTMLElement;
  readonly more: HTMLElement;
  readonly toast: HTMLElement;
  readonly bar: HTMLElement;
}

let template: HTMLTemplateElement | undefined;

/** Fills a new element's shadow and finds its parts. */
export function build(root: ShadowRoot): Parts {
  if (template === undefined) {
    template = document.createElement('template');
    template.innerHTML = html;
  }
  root.append(template.content.cloneNode(true));
  const part = <E extends HTMLElement>(selector: string): E => {
    const found = root.querySelector<E>(selector);
    if (found === null) throw new TypeError(`<ancloud-phone> has no ${selector}`);
    return found;
  };
  return {
    frame: part('.frame'),
    video: part('video'),
    rings: part('.rings'),
    keyboard: part('.keyboard'),
    stats: part('.stats'),
    veil: part('.veil'),
    why: part('.why'),
    more: part('.more'),
    toast: part('.toast'),
    bar: part('.bar'),
  };
}
