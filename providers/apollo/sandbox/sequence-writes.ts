import { isOfTeam } from './door.ts';
import type { GrantOf } from './door.ts';

/** Creating and updating a sequence: https://docs.apollo.io/reference, 2026-08. Of other writes nothing is said. */
const WRITES = [/^POST \/api\/v1\/sequences$/, /^PUT \/api\/v1\/sequences\/[^/]+$/];

export interface SequenceWrites {
  /** A call is under way from here until what it answers is called. */
  readonly enter: (request: Request) => () => void;
  /** Whether another write of the team, whichever credential it came with, is under way since before this call. */
  readonly isBusyFor: (request: Request) => boolean;
}

/**
 * "We are already processing the request for your sequence" is documented for both, in the words "for the same team":
 * the stricter reading, that they need not be of one and the same sequence.
 */
export function sequenceWrites(granted: GrantOf): SequenceWrites {
  const underWay = new Set<Request>();
  return {
    enter: (request) => {
      const call = `${request.method} ${new URL(request.url).pathname}`;
      const ofTeam = isOfTeam((name) => request.headers.get(name) ?? undefined, granted);
      if (ofTeam && WRITES.some((write) => write.test(call))) underWay.add(request);
      return () => {
        underWay.delete(request);
      };
    },
    isBusyFor: (request) => {
      const [first] = underWay;
      return underWay.has(request) && first !== request;
    },
  };
}
