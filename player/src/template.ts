/** Inside of `<ancloud-phone>`: the picture, a place for text, the buttons, and what is going on. */
export const template = document.createElement('template');
template.innerHTML = `
<style>
  :host { display: flex; flex-direction: column; align-items: stretch; gap: 8px; min-width: 0; min-height: 0; position: relative;
    color: inherit; font: 14px/1.4 system-ui, sans-serif; --ancloud-accent: #6d5ef6; }
  :host([hidden]) { display: none; }
  .stage { position: relative; flex: 1 1 auto; min-height: 0; display: flex; justify-content: center; align-items: center; touch-action: none; }
  .frame { position: relative; max-width: 100%; max-height: 100%; aspect-ratio: var(--ratio, 9 / 16); height: 100%; }
  video { display: block; width: 100%; height: 100%; object-fit: fill; background: #0b0d14; border-radius: 14px; outline: none; touch-action: none; user-select: none; -webkit-user-select: none; }
  video:focus-visible { box-shadow: 0 0 0 3px var(--ancloud-accent); }
  .rings { position: absolute; inset: 0; overflow: hidden; border-radius: 14px; pointer-events: none; }
  .ring { position: absolute; width: 44px; height: 44px; margin: -22px; border-radius: 50%; border: 2px solid #ffffffcc; background: #ffffff22; will-change: transform; }
  .keyboard { position: absolute; left: 0; bottom: 0; width: 1px; height: 1px; opacity: 0; border: 0; padding: 0; resize: none; }
  .veil { position: absolute; inset: 0; border-radius: 14px; display: grid; place-content: center; justify-items: center; gap: 10px; padding: 16px; text-align: center;
    background: #0b0d14d9; color: #e9ecf5; transition: opacity .2s; }
  .veil[hidden] { display: none; }
  .spinner { width: 28px; height: 28px; border-radius: 50%; border: 3px solid #ffffff33; border-top-color: #fff; animation: turn 1s linear infinite; }
  .veil.still .spinner { display: none; }
  @keyframes turn { to { transform: rotate(1turn); } }
  @media (prefers-reduced-motion: reduce) { .spinner { animation-duration: 4s; } }
  .toast { position: absolute; left: 50%; bottom: 14px; transform: translateX(-50%); max-width: 90%; padding: 6px 12px; border-radius: 999px; background: #0b0d14e6; color: #fff; font-size: 13px; }
  .toast:empty { display: none; }
  .stats { position: absolute; top: 8px; left: 8px; margin: 0; padding: 6px 9px; border-radius: 8px; background: #0b0d14cc; color: #d7f5dd; font: 11px/1.5 ui-monospace, monospace; white-space: pre; pointer-events: none; }
  .stats[hidden] { display: none; }
  .bar { display: flex; flex-wrap: wrap; justify-content: center; gap: 4px; }
  :host([controls='none']) .bar { display: none; }
  button { all: unset; box-sizing: border-box; min-width: 40px; height: 40px; display: grid; place-items: center; border-radius: 10px; cursor: pointer; color: inherit; }
  button:hover { background: color-mix(in srgb, currentColor 10%, transparent); }
  button:focus-visible { box-shadow: 0 0 0 2px var(--ancloud-accent); }
  button[aria-pressed='true'] { background: color-mix(in srgb, var(--ancloud-accent) 25%, transparent); }
  button:disabled { opacity: .35; cursor: default; }
  svg { width: 20px; height: 20px; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
</style>
<div class="stage" part="stage">
  <div class="frame">
    <video part="video" autoplay playsinline muted tabindex="0" aria-label="Screen of the phone. Click or touch to use it; type to write into it."></video>
    <div class="rings" aria-hidden="true"></div>
    <textarea class="keyboard" aria-label="Text for the phone" autocapitalize="off" autocomplete="off" autocorrect="off" spellcheck="false" tabindex="-1"></textarea>
    <pre class="stats" part="stats" hidden aria-hidden="true"></pre>
    <div class="veil" part="veil" role="status"><div class="spinner"></div><span class="why">Connecting…</span></div>
    <div class="toast" role="status" aria-live="polite"></div>
  </div>
</div>
<div class="bar" part="bar" role="toolbar" aria-label="Phone buttons"></div>`;

export interface ButtonSpec {
  readonly name: string;
  readonly label: string;
  /** SVG path data on a 24 × 24 grid. */
  readonly icon: string;
  /** Needs the controls; disabled for watchers. */
  readonly acts: boolean;
}

/** The buttons, in order. */
export const buttons: readonly ButtonSpec[] = [
  { name: 'back', label: 'Back', icon: 'M15 5l-7 7 7 7', acts: true },
  { name: 'home', label: 'Home', icon: 'M4 11l8-7 8 7v8a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1z', acts: true },
  { name: 'recents', label: 'Recent apps', icon: 'M5 5h14v14H5z', acts: true },
  { name: 'volume-down', label: 'Volume down', icon: 'M4 9v6h4l5 4V5L8 9zM17 12h4', acts: true },
  { name: 'volume-up', label: 'Volume up', icon: 'M4 9v6h4l5 4V5L8 9zM17 12h4M19 10v4', acts: true },
  { name: 'power', label: 'Power', icon: 'M12 3v9M6.3 7a8 8 0 1 0 11.4 0', acts: true },
  {
    name: 'rotate',
    label: 'Rotate',
    icon: 'M4 12a8 8 0 0 1 14-5l2 2M20 4v5h-5M20 12a8 8 0 0 1-14 5l-2-2M4 20v-5h5',
    acts: true,
  },
  {
    name: 'keyboard',
    label: 'Keyboard',
    icon: 'M3 6h18v12H3zM7 10h0M11 10h0M15 10h0M17 10h0M8 14h8',
    acts: true,
  },
  { name: 'copy', label: 'Copy the phone’s clipboard', icon: 'M9 9h10v11H9zM5 15V4h10', acts: true },
  {
    name: 'sound',
    label: 'Sound',
    icon: 'M4 9v6h4l5 4V5L8 9zM16 9a4 4 0 0 1 0 6M18.5 6.5a8 8 0 0 1 0 11',
    acts: false,
  },
  { name: 'stats', label: 'Statistics', icon: 'M5 20V10M12 20V4M19 20v-7', acts: false },
  { name: 'full-screen', label: 'Full screen', icon: 'M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5', acts: false },
];
