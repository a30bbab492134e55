/**
 * Looks of `<ancloud-phone>`'s inside, as an adopted sheet: a page's Content-Security-Policy need not allow inline styles.
 * What changes at run time (shape of the picture, places of rings) is set through CSSOM, which no policy forbids.
 *
 * Two ways to fit: by default the host has a size and the picture is the largest of its shape inside it; with
 * `fit="width"` the picture takes the width and the host grows with it, but never the whole height of the window: a finger
 * on the picture is the phone's, and there must be something left to scroll the page by.
 */
const css = `
:host {
  display: flex; flex-direction: column; gap: 8px; box-sizing: border-box; position: relative;
  height: min(88dvh, 900px); min-width: 0; color: inherit; font: 14px/1.4 system-ui, sans-serif;
  --accent: var(--ancloud-accent, #2f9e8b); --radius: var(--ancloud-radius, 18px);
}
:host([hidden]) { display: none; }
:host([fit='width']) { height: auto; }
.stage { flex: 1 1 0; min-height: 0; min-width: 0; display: grid; place-items: center; container-type: size; }
:host([fit='width']) .stage { flex: none; container-type: inline-size; }
.frame { position: relative; width: min(100cqw, 100cqh * var(--aspect, 0.5625)); aspect-ratio: var(--aspect, 0.5625); }
:host([fit='width']) .frame { width: min(100%, (100dvh - 4.5rem) * var(--aspect, 0.5625)); }
video {
  display: block; width: 100%; height: 100%; object-fit: fill; background: #0b0f0e; border-radius: var(--radius);
  touch-action: none; user-select: none; -webkit-user-select: none; -webkit-touch-callout: none;
}
.frame:has(.keyboard:focus) video { outline: 3px solid var(--accent); }
.rings { position: absolute; inset: 0; overflow: hidden; border-radius: var(--radius); pointer-events: none; }
.ring {
  position: absolute; width: 44px; height: 44px; margin: -22px; border-radius: 50%;
  border: 2px solid #ffffffd9; background: #ffffff26; box-shadow: 0 0 0 1px #00000055; will-change: transform;
}
.keyboard {
  position: absolute; left: 0; bottom: 0; width: 1px; height: 1px; opacity: 0; border: 0; padding: 0; margin: 0;
  resize: none; outline: none; overflow: hidden; font-size: 16px; pointer-events: none;
}
.veil {
  position: absolute; inset: 0; border-radius: var(--radius); display: grid; align-content: center; justify-items: center;
  gap: 10px; padding: 20px; text-align: center; background: #0b0f0ee0; color: #e8eeeb; text-wrap: balance;
}
.veil[hidden] { display: none; }
.why { margin: 0; }
.more { margin: 0; color: #a9b7b1; font-size: 13px; }
.more:empty { display: none; }
.spinner {
  width: 26px; height: 26px; border-radius: 50%; border: 3px solid #ffffff33; border-top-color: #fff;
  animation: turn 1s linear infinite;
}
.veil.still .spinner, .veil:not(.still) slot { display: none; }
@keyframes turn { to { transform: rotate(1turn); } }
@media (prefers-reduced-motion: reduce) { .spinner { animation-duration: 6s; } }
.toast {
  position: absolute; left: 50%; bottom: 16px; transform: translateX(-50%); width: max-content; max-width: 86%;
  box-sizing: border-box; padding: 6px 14px; border-radius: 16px; background: #0b0f0eeb; color: #fff; font-size: 13px;
  text-align: center; pointer-events: none;
}
.toast:empty { display: none; }
.stats {
  position: absolute; top: 10px; left: 10px; margin: 0; padding: 6px 9px; border-radius: 8px; background: #0b0f0ecc;
  color: #cfeee3; font: 11px/1.5 ui-monospace, monospace; white-space: pre; pointer-events: none;
}
.stats[hidden] { display: none; }
.bar { display: flex; flex-wrap: wrap; justify-content: center; gap: 2px; }
:host([controls='none']) .bar { display: none; }
button {
  all: unset; box-sizing: border-box; min-width: 40px; height: 40px; display: grid; place-items: center;
  border-radius: 10px; cursor: pointer; color: inherit; touch-action: manipulation;
}
button:hover { background: color-mix(in srgb, currentColor 10%, transparent); }
button:active { background: color-mix(in srgb, currentColor 18%, transparent); }
button:focus-visible { box-shadow: 0 0 0 2px var(--accent); }
button[aria-pressed='true'] { background: color-mix(in srgb, var(--accent) 28%, transparent); }
button[aria-disabled='true'] { opacity: .38; cursor: default; background: none; }
svg { width: 20px; height: 20px; fill: none; stroke: currentColor; stroke-width: 1.7; stroke-linecap: round; stroke-linejoin: round; }
:host(:fullscreen) { height: 100dvh; padding: 8px; background: #0b0f0e; color: #e8eeeb; }
:host(:fullscreen) .stage { container-type: size; flex: 1 1 0; }
:host(:fullscreen) .frame { width: min(100cqw, 100cqh * var(--aspect, 0.5625)); }
`;

let shared: CSSStyleSheet | undefined;

/** One sheet for all phones of a page. */
export function style(): CSSStyleSheet {
  if (shared === undefined) {
    shared = new CSSStyleSheet();
    shared.replaceSync(css);
  }
  return shared;
}
