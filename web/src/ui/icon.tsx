import type { ReactNode } from 'react';

const PATHS = {
  plus: 'M12 5v14M5 12h14',
  play: 'M8 5.5v13l10.5-6.5z',
  stop: 'M7 7h10v10H7z',
  pause: 'M8.5 6v12M15.500 6v12',
  record: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 9.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5z',
  again: 'M18.500 12a6.500 6.500 0 1 1-2-4.700M17 3.500v4h-4',
  blank: 'M8 3.500h8v17H8zM11 17.500h2',
  trash: 'M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7',
  more: 'M12 6h.01M12 12h.01M12 18h.01',
  back: 'M14.5 5.5L8 12l6.5 6.5',
  eye: 'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z',
  hand: 'M8.5 12V5.8a1.3 1.3 0 0 1 2.6 0V11m0-6.5a1.3 1.3 0 0 1 2.6 0V11m0-5a1.3 1.3 0 0 1 2.6 0v6.5m0-3.5a1.3 1.3 0 0 1 2.6 0v5a6.5 6.5 0 0 1-6.5 6.5c-3 0-4.600-1.500-6-4L4.600 13.200c-.8-1.500 1-2.700 2.200-1.500l1.700 1.800',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.500v2M12 19.500v2M2.500 12h2M19.500 12h2M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M5.300 18.700l1.400-1.400M17.300 6.700l1.400-1.400',
  moon: 'M19.500 14.500A8 8 0 0 1 9.500 4.500a8 8 0 1 0 10 10z',
  auto: 'M12 3.500a8.500 8.500 0 1 0 0 17zM12 3.500a8.500 8.500 0 0 1 0 17',
  leave: 'M14 4.500h4.500v15H14M10.500 8L6.500 12l4 4M7 12h8',
  copy: 'M9 9h10v11H9zM5 15V4h10',
  close: 'M6 6l12 12M18 6L6 18',
  share: 'M12 15V4M8 7.500L12 3.500l4 4M5 12v7.500h14V12',
} as const;

/** A line drawing; its words stand beside it or on its button. */
export function Icon({ name }: { readonly name: keyof typeof PATHS }): ReactNode {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Brand(): ReactNode {
  return (
    <svg className="brand-mark" viewBox="0 0 32 32" aria-hidden="true">
      <path
        className="brand-phone"
        d="M12.500 4.500h7A2.500 2.500 0 0 1 22 7v18a2.500 2.500 0 0 1-2.500 2.500h-7A2.500 2.500 0 0 1 10 25V7a2.500 2.500 0 0 1 2.500-2.500z"
      />
      <path
        className="brand-cloud"
        d="M4 20.500a4 4 0 0 1 4.100-4 5.700 5.700 0 0 1 10.800-1.400 4.600 4.600 0 0 1 1.100 9H7.600A3.700 3.700 0 0 1 4 20.500z"
      />
    </svg>
  );
}
