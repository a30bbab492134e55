import type { AncloudPhone } from '@ancloud/player';
import type { DetailedHTMLProps, HTMLAttributes } from 'react';

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'ancloud-phone': DetailedHTMLProps<HTMLAttributes<AncloudPhone>, AncloudPhone> & {
        /** See @ancloud/player's element.ts. */
        fit?: 'width' | undefined;
        quality?: 'auto' | 'high' | 'low';
        sync?: 'av' | 'picture' | undefined;
        keys?: 'physical' | undefined;
        controls?: 'none';
      };
    }
  }
}
