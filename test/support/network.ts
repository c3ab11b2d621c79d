/** The provider hosts, answered by sandboxes. Any other host is an error; loopback passes. */
import { HttpRequestInterceptor } from '@mswjs/interceptors/http';
import { http, passthrough } from 'msw';
import { defineNetwork, InterceptorSource } from 'msw/experimental';
import { AsyncHandlersController } from 'msw/node';
import type { Sandbox } from '../../src/sandbox.ts';

export interface SandboxNetwork {
  open(): void;
  close(): void;
}

/** msw's own server does not see the undici package: this intercepts below it, at the socket. */
export function sandboxNetwork(sandboxes: Iterable<Sandbox>): SandboxNetwork {
  const handlers = [...sandboxes].flatMap(({ origin, authorization, app }) =>
    [origin, ...(authorization?.origins ?? [])].map((each) =>
      http.all(`${each}/*`, ({ request }) => app.fetch(request)),
    ),
  );
  const loopback = http.all(/^https?:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?\//, () => passthrough());
  const network = defineNetwork({
    sources: [new InterceptorSource({ interceptors: [new HttpRequestInterceptor()] })],
    handlers: new AsyncHandlersController([...handlers, loopback]),
    onUnhandledFrame: 'error',
    context: { quiet: true },
  });
  return {
    open: () => {
      network.enable();
    },
    close: () => {
      network.disable();
    },
  };
}
