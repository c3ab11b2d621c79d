/** Cursors as the gateway writes them, for places that no list has to be walked to. */
import { encodeCursor } from '../../src/http/cursor.ts';
import { CUSTOMER } from './house.ts';

/** Of a provider's sequences, 25 on a page and without a filter, or what is given instead. */
export function cursorTo(
  provider: string,
  place: string,
  resource = 'sequences',
  size = 25,
  customer = CUSTOMER,
): string {
  return encodeCursor({ list: [provider, customer, resource], size, filters: {} }, place);
}
