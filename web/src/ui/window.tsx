import type { ReactNode } from 'react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';

interface WindowProps {
  readonly title: string;
  readonly open: boolean;
  readonly onClose: () => void;
  /** Asks before something that cannot be undone. */
  readonly alert?: boolean;
  readonly children: ReactNode;
}

/** A window over the page: takes the focus, gives it back, closes by Escape. */
export function Window({ title, open, onClose, alert = false, children }: WindowProps): ReactNode {
  return (
    <ModalOverlay
      className="window-shade"
      isOpen={open}
      isDismissable={!alert}
      onOpenChange={(now) => {
        if (!now) onClose();
      }}
    >
      <Modal className="window">
        <Dialog role={alert ? 'alertdialog' : 'dialog'}>
          <Heading slot="title">{title}</Heading>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
