import './styles/base.css';
import './styles/controls.css';
import './styles/overlays.css';
import './styles/shell.css';
import './styles/phones.css';
import './styles/phone.css';
import './styles/viewers.css';
import './styles/group.css';
import './styles/hosts.css';
import './styles/sign-in.css';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-aria-components';
import { ApiError } from './api/api-error.js';
import { Client } from './api/client.js';
import { App } from './app.js';
import { navigate } from './router.js';
import { applyTheme } from './ui/theme.js';

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // What the farm refused it refuses again; only what did not get through is asked again.
      retry: (failures, error) =>
        failures < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 502),
    },
  },
});

applyTheme();
const root = document.querySelector('#root');
if (root === null) throw new TypeError('the page has no #root');
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider navigate={navigate}>
        <App client={new Client()} />
      </RouterProvider>
    </QueryClientProvider>
  </StrictMode>,
);
